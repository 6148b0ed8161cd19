// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "../text/bytes";

/**
 * The VM that plugins share. Only needed by modules that read `vm_config.configuration`: extend it and register it with
 * `registerVm`.
 */
export abstract class VmContext {
  /**
   * Called with the VM's configuration before the plugins of this VM are configured; once per plugin, as Envoy does.
   *
   * @returns false keeps the VM, and so every plugin in it, from starting
   */
  onStart(configuration: Bytes): bool {
    return true;
  }
}
