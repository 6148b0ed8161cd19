import type { JsonObject } from "../json.js";
import { DIRECT_ADDRESS } from "../plugin.js";
import { typed } from "./wasm.js";

/** The native network filter that keeps the address of the peer itself, which no attribute says. */
export const ADDRESS_FILTER: JsonObject = {
  name: "tremula-addresses",
  typed_config: typed("envoy.extensions.filters.network.set_filter_state.v3.Config", {
    on_new_connection: [
      {
        object_key: DIRECT_ADDRESS,
        factory_key: "envoy.string",
        format_string: { text_format_source: { inline_string: "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS%" } },
      },
    ],
  }),
};
