// SPDX-License-Identifier: Apache-2.0
import { Bytes } from "../text/bytes";
import { PluginContext } from "./plugin";
import { VmContext } from "./vm";

type PluginFactory = () => PluginContext;
type VmFactory = () => VmContext;

const rootIds: Array<string> = [];
const factories: Array<PluginFactory> = [];
let vm: VmContext | null = null;

/**
 * Makes a plugin known; at the top level of a module.
 *
 * @param factory makes its context, for example `() => new AddHeader()`
 * @param rootId the `root_id` that selects it in Envoy's configuration; a plugin registered without one serves every
 *   `root_id` that no other plugin has
 */
export function registerPlugin(factory: PluginFactory, rootId: string = ""): void {
  rootIds.push(rootId);
  factories.push(factory);
}

/** Makes the VM's context known; at the top level of a module, once. */
export function registerVm(factory: VmFactory): void {
  vm = factory();
}

/** The plugin for a `root_id`, or null. */
export function makePlugin(rootId: Bytes): PluginContext | null {
  let any = -1;
  for (let i = 0; i < rootIds.length; i++) {
    const known = rootIds[i];
    if (rootId.equals<string>(known)) return factories[i]();
    if (known.length == 0) any = i;
  }
  return any >= 0 ? factories[any]() : null;
}

/** The root ids that plugins are registered with, for messages. */
export function registeredRootIds(): string {
  return rootIds.length == 0 ? "none" : rootIds.join(", ");
}

export function registeredVm(): VmContext | null {
  return vm;
}
