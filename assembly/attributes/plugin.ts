// SPDX-License-Identifier: Apache-2.0
import { Property } from "../host/property";
import { Bytes } from "../text/bytes";

// @ts-ignore: decorator
@lazy
const NAME = new Property("plugin_name");
// @ts-ignore: decorator
@lazy
const ROOT_ID = new Property("plugin_root_id");
// @ts-ignore: decorator
@lazy
const VM_ID = new Property("plugin_vm_id");

/** What the configuration calls the plugin. All phases, in plugin contexts too. */
export abstract class PluginAttributes {
  /** `name` of the plugin's configuration. */
  static get name(): Bytes | null {
    return NAME.get();
  }

  /** Its `root_id`. */
  static get rootId(): Bytes | null {
    return ROOT_ID.get();
  }

  /** `vm_id` of the VM that it runs in. */
  static get vmId(): Bytes | null {
    return VM_ID.get();
  }
}
