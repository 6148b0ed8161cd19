/**
 * proxy-wasm ABI 0.2.1 as stock Envoy links it. Signatures are written `parameters:result`, with `i` for i32 and `l` for
 * i64; a module whose import or callback differs in one letter does not load.
 */

/** Functions that the host offers in module `env`. */
export const HOST_FUNCTIONS: Readonly<Record<string, string>> = {
  proxy_log: "iii:i",
  proxy_get_log_level: "i:i",
  proxy_get_current_time_nanoseconds: "i:i",
  proxy_set_tick_period_milliseconds: "i:i",
  proxy_get_property: "iiii:i",
  proxy_set_property: "iiii:i",
  proxy_get_buffer_bytes: "iiiii:i",
  proxy_get_buffer_status: "iii:i",
  proxy_set_buffer_bytes: "iiiii:i",
  proxy_get_header_map_size: "ii:i",
  proxy_get_header_map_pairs: "iii:i",
  proxy_set_header_map_pairs: "iii:i",
  proxy_get_header_map_value: "iiiii:i",
  proxy_add_header_map_value: "iiiii:i",
  proxy_replace_header_map_value: "iiiii:i",
  proxy_remove_header_map_value: "iii:i",
  proxy_continue_stream: "i:i",
  proxy_close_stream: "i:i",
  proxy_send_local_response: "iiiiiiii:i",
  proxy_set_effective_context: "i:i",
  proxy_done: ":i",
  proxy_http_call: "iiiiiiiiii:i",
  proxy_grpc_call: "iiiiiiiiiiii:i",
  proxy_grpc_stream: "iiiiiiiii:i",
  proxy_grpc_send: "iiii:i",
  proxy_grpc_cancel: "i:i",
  proxy_grpc_close: "i:i",
  proxy_get_status: "iii:i",
  proxy_get_shared_data: "iiiii:i",
  proxy_set_shared_data: "iiiii:i",
  proxy_register_shared_queue: "iii:i",
  proxy_resolve_shared_queue: "iiiii:i",
  proxy_dequeue_shared_queue: "iii:i",
  proxy_enqueue_shared_queue: "iii:i",
  proxy_define_metric: "iiii:i",
  proxy_increment_metric: "il:i",
  proxy_record_metric: "il:i",
  proxy_get_metric: "ii:i",
  proxy_call_foreign_function: "iiiiii:i",
  envoy_resolve_dns: "iii:i",
};

/** Host functions of ABI 0.1.0 that Envoy does not offer to a 0.2.x module, and what replaces them. */
export const REMOVED_HOST_FUNCTIONS: Readonly<Record<string, string>> = {
  proxy_get_configuration: "proxy_get_buffer_bytes",
  proxy_continue_request: "proxy_continue_stream",
  proxy_continue_response: "proxy_continue_stream",
  proxy_clear_route_cache: "the foreign function clear_route_cache",
};

/**
 * WASI functions that Envoy links, under both module names. The list is what Envoy 1.40.0 accepted when modules with one
 * import each were loaded; `path_link`, `path_symlink` and `proc_raise` are the ones of preview 1 that it refuses.
 */
export const WASI_FUNCTIONS: Readonly<Record<string, string>> = {
  args_get: "ii:i",
  args_sizes_get: "ii:i",
  environ_get: "ii:i",
  environ_sizes_get: "ii:i",
  clock_res_get: "ii:i",
  clock_time_get: "ili:i",
  fd_advise: "illi:i",
  fd_allocate: "ill:i",
  fd_close: "i:i",
  fd_datasync: "i:i",
  fd_fdstat_get: "ii:i",
  fd_fdstat_set_flags: "ii:i",
  fd_fdstat_set_rights: "ill:i",
  fd_filestat_get: "ii:i",
  fd_filestat_set_size: "il:i",
  fd_filestat_set_times: "illi:i",
  fd_pread: "iiili:i",
  fd_prestat_get: "ii:i",
  fd_prestat_dir_name: "iii:i",
  fd_pwrite: "iiili:i",
  fd_read: "iiii:i",
  fd_readdir: "iiili:i",
  fd_renumber: "ii:i",
  fd_seek: "ilii:i",
  fd_sync: "i:i",
  fd_tell: "ii:i",
  fd_write: "iiii:i",
  path_create_directory: "iii:i",
  path_filestat_get: "iiiii:i",
  path_filestat_set_times: "iiiilli:i",
  path_open: "iiiiillii:i",
  path_readlink: "iiiiii:i",
  path_remove_directory: "iii:i",
  path_rename: "iiiiii:i",
  path_unlink_file: "iii:i",
  poll_oneoff: "iiii:i",
  proc_exit: "i:",
  sched_yield: ":i",
  random_get: "ii:i",
  sock_accept: "iii:i",
  sock_recv: "iiiiii:i",
  sock_send: "iiiii:i",
  sock_shutdown: "ii:i",
};

export const WASI_MODULES: readonly string[] = ["wasi_snapshot_preview1", "wasi_unstable"];

/** Callbacks of a plugin and its streams, which Envoy skips when they are not exported. */
export const CALLBACKS: Readonly<Record<string, string>> = {
  proxy_on_vm_start: "ii:i",
  proxy_validate_configuration: "ii:i",
  proxy_on_configure: "ii:i",
  proxy_on_tick: "i:",
  proxy_on_queue_ready: "ii:",
  proxy_on_done: "i:i",
  proxy_on_log: "i:",
  proxy_on_request_headers: "iii:i",
  proxy_on_request_body: "iii:i",
  proxy_on_request_trailers: "ii:i",
  proxy_on_request_metadata: "ii:i",
  proxy_on_response_headers: "iii:i",
  proxy_on_response_body: "iii:i",
  proxy_on_response_trailers: "ii:i",
  proxy_on_response_metadata: "ii:i",
  proxy_on_new_connection: "i:i",
  proxy_on_downstream_data: "iii:i",
  proxy_on_upstream_data: "iii:i",
  proxy_on_downstream_connection_close: "ii:",
  proxy_on_upstream_connection_close: "ii:",
  proxy_on_http_call_response: "iiiii:",
  proxy_on_grpc_receive_initial_metadata: "iii:",
  proxy_on_grpc_receive: "iii:",
  proxy_on_grpc_receive_trailing_metadata: "iii:",
  proxy_on_grpc_close: "iii:",
  proxy_on_foreign_function: "iii:",
  envoy_on_resolve_dns: "iii:",
  envoy_on_stats_update: "ii:",
};

/** Exports that an SDK needs for itself, whatever the filter does. */
export const BOOKKEEPING: Readonly<Record<string, string>> = {
  malloc: "i:i",
  proxy_on_memory_allocate: "i:i",
  proxy_on_context_create: "ii:",
  proxy_on_delete: "i:",
  _initialize: ":",
  _start: ":",
  main: "ii:i",
};

/** Names that tell the host which ABI the module speaks; it takes the first that it finds. */
export const ABI_MARKERS: Readonly<Record<string, string>> = {
  proxy_abi_version_0_1_0: "0.1.0",
  proxy_abi_version_0_2_0: "0.2.0",
  proxy_abi_version_0_2_1: "0.2.1",
};
