// SPDX-License-Identifier: Apache-2.0
import { Bytes, JsonReader, logError, PluginContext } from "tremula/assembly";
import { Detection } from "../config/detection";
import { ProbeSet, standardProtocols } from "../detect/probe-set";
import { explain } from "./explain";

/** Reads `octets` (base64), `end_of_stream`, `greeting` and a `detection` as the filter has it, and logs what comes of it. */
@final
export class Explainer extends PluginContext {
  onConfigure(configuration: Bytes): bool {
    const json = JsonReader.parse(configuration);
    const root = json.object();
    const octets = root.bytes("octets");
    const endOfStream = root.boolOr("end_of_stream", false);
    const isGreeting = root.boolOr("greeting", false);
    let detection = Detection.standard(standardProtocols(), true, null);
    const said = root.objectOrNull("detection");
    if (said !== null) detection = Detection.read(said, detection, null);
    if (!json.finish()) {
      logError(json.error);
      return false;
    }
    const probes = isGreeting ? ProbeSet.greetings() : detection.compile([]).probes;
    explain(probes, octets, detection.maxBytes, endOfStream);
    return true;
  }
}
