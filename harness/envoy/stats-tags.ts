/** A part of Envoy's bootstrap: what goes under `stats_config`. */
export interface StatsConfig {
  readonly stats_tags: readonly { readonly tag_name: string; readonly regex: string }[];
}

/**
 * The rules by which Envoy takes the tags of the SDK's `TaggedCounter`, `TaggedGauge` and `TaggedHistogram` out of the names of
 * their statistics (`wasmcustom.method=.=GET;.;code=.=200;.;requests`), so that they come out of `/stats/prometheus` as
 * labels. One rule for each tag, whatever metrics have it.
 */
export function statsTags(tags: readonly string[]): StatsConfig {
  return {
    stats_tags: [...new Set(tags)].map((tag) => ({
      tag_name: tag,
      // The first group goes out of the name, the second is the value.
      regex: `^wasmcustom\\.(?:.*?;\\.;)?(${escaped(tag)}=\\.=(.*?);\\.;)`,
    })),
  };
}

function escaped(tag: string): string {
  return tag.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
