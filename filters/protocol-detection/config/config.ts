// SPDX-License-Identifier: Apache-2.0
import { Bytes, JsonObject, JsonReader, logError } from "tremula/assembly";
import { Actions } from "../act/actions";
import { PendingQueue } from "../act/pending";
import { DeclarationReader } from "../declare/declarations";
import { DeclarationTable } from "../declare/table";
import { ProbeSet, standardProtocols } from "../detect/probe-set";
import { Detection } from "./detection";

// @ts-ignore: decorator
@lazy
const MODES: StaticArray<string> = ["route", "label"];

/** The plugin configuration, compiled; README.md has the fields. */
@final
export class Config {
  private constructor(
    readonly declarations: DeclarationTable,
    /** For what is not declared; null when that is passed unexamined. */
    readonly detection: Detection | null,
    readonly actions: Actions,
    /** For greetings of servers; null when they are not looked at. */
    readonly greetings: ProbeSet | null,
    /** One for each deadline. */
    readonly queues: Array<PendingQueue>,
  ) {}

  /** Reads a plugin configuration. Null when something is wrong with it, after an error log that says what and where. */
  static parse(configuration: Bytes): Config | null {
    const json = JsonReader.parse(configuration);
    const config = Config.read(json.object());
    if (json.finish()) return config;
    logError(json.error);
    return null;
  }

  private static read(root: JsonObject): Config {
    const canRoute = root.choiceOr("mode", MODES, 0) == 0;
    const actions = new Actions(root.mapOrEmpty("actions"), canRoute);
    const queues: Array<PendingQueue> = [];
    const said = root.objectOrNull("detection");
    let detection = Detection.standard(standardProtocols(), actions.needsHello, actions);
    if (said !== null) detection = Detection.read(said, detection, actions).compile(queues);
    const reader = new DeclarationReader(detection, actions, queues);
    const declarations = reader.read(root.arrayOrEmpty("declarations"));
    const greetings = root.boolOr("greetings", false) ? ProbeSet.greetings() : null;
    return new Config(declarations, said !== null ? detection : null, actions, greetings, queues);
  }
}
