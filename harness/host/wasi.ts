import { LogLevel } from "./enums.js";
import { concat, toText, utf8 } from "./octets.js";
import type { Vm } from "./vm.js";

// What Envoy's WASI answers (proxy-wasm-cpp-host src/exports.cc); there are no files, sockets or arguments.
const SUCCESS = 0;
const BADF = 8;
const NOTDIR = 20;
const FAULT = 21;
const INVAL = 28;
const NOENT = 44;
const NOSYS = 52;
const NOTSUP = 58;

const STDOUT = 1;
const STDERR = 2;
const MAX_RANDOM_BYTES = 64 * 1024;
/** A module may name its whole memory again and again; Envoy would copy that. */
const MAX_WRITE_BYTES = 16 * 1024 * 1024;

type WasiCall = (vm: Vm, ...args: never[]) => number | void;

const answer = (errno: number) => () => errno;

export const WASI_CALLS: Readonly<Record<string, WasiCall>> = {
  fd_write: fdWrite,

  clock_time_get(vm: Vm, clock: number, _precision: bigint, timeAt: number): number {
    vm.host.clock.look();
    const { nanoseconds, monotonicNanoseconds } = vm.host.clock;
    const time = clock === 0 ? nanoseconds : clock === 1 ? monotonicNanoseconds : null;
    if (time === null) return NOTSUP;
    return vm.memory.setU64(timeAt, time) ? SUCCESS : FAULT;
  },

  random_get(vm: Vm, pointer: number, size: number): number {
    if (size >>> 0 > MAX_RANDOM_BYTES) return INVAL;
    if (size === 0) return SUCCESS;
    return vm.memory.set(pointer, crypto.getRandomValues(new Uint8Array(size))) ? SUCCESS : FAULT;
  },

  environ_sizes_get(vm: Vm, countAt: number, sizeAt: number): number {
    const entries = environment(vm);
    const size = entries.reduce((sum, entry) => sum + entry.length, 0);
    return vm.memory.setU32(countAt, entries.length) && vm.memory.setU32(sizeAt, size) ? SUCCESS : FAULT;
  },

  environ_get(vm: Vm, listAt: number, bufferAt: number): number {
    for (const entry of environment(vm)) {
      if (!vm.memory.setU32(listAt, bufferAt) || !vm.memory.set(bufferAt, entry)) return FAULT;
      listAt += 4;
      bufferAt += entry.length;
    }
    return SUCCESS;
  },

  args_get: answer(SUCCESS),
  args_sizes_get: (vm: Vm, countAt: number, sizeAt: number) =>
    vm.memory.setU32(countAt, 0) && vm.memory.setU32(sizeAt, 0) ? SUCCESS : FAULT,

  /** It is logged at trace, and returns: whoever called it goes on. */
  proc_exit: (vm: Vm) => vm.log(LogLevel.Trace, "wasi_unstable proc_exit"),

  fd_fdstat_get(vm: Vm, fd: number, statAt: number): number {
    if (fd !== STDOUT && fd !== STDERR) return BADF;
    const stat = new Uint8Array(24);
    // The right to write.
    stat[8] = 64;
    vm.memory.set(statAt, stat);
    return SUCCESS;
  },

  clock_res_get(vm: Vm, clock: number, resolutionAt: number): number {
    if (clock !== 0 && clock !== 1) return NOTSUP;
    return vm.memory.setU64(resolutionAt, 1n) ? SUCCESS : FAULT;
  },

  fd_pwrite: (vm: Vm, fd: number, listAt: number, count: number, _offset: bigint, writtenAt: number) =>
    fdWrite(vm, fd, listAt, count, writtenAt),

  // Without any effect, and with the numbers that stock Envoy 1.40.0 gave.
  poll_oneoff: answer(SUCCESS),
  sched_yield: answer(SUCCESS),
  path_open: answer(NOENT),
  fd_advise: answer(SUCCESS),
  fd_close: answer(SUCCESS),
  fd_seek: answer(SUCCESS),
  fd_allocate: ofOutput,
  fd_datasync: ofOutput,
  fd_fdstat_set_rights: ofOutput,
  fd_filestat_set_size: ofOutput,
  fd_filestat_set_times: ofOutput,
  fd_sync: ofOutput,
  fd_tell: ofOutput,
  fd_filestat_get: answer(BADF),
  fd_prestat_get: answer(BADF),
  fd_renumber: answer(BADF),
  fd_readdir: answer(NOTDIR),
  fd_fdstat_set_flags: answer(NOSYS),
  fd_pread: answer(NOSYS),
  fd_prestat_dir_name: answer(NOSYS),
  fd_read: answer(NOSYS),
  path_create_directory: answer(NOTSUP),
  path_filestat_get: answer(NOTSUP),
  path_filestat_set_times: answer(NOTSUP),
  path_readlink: answer(NOTSUP),
  path_remove_directory: answer(NOTSUP),
  path_rename: answer(NOTSUP),
  path_unlink_file: answer(NOTSUP),
  sock_accept: answer(NOTSUP),
  sock_recv: answer(NOTSUP),
  sock_send: answer(NOTSUP),
  sock_shutdown: answer(NOTSUP),
};

/** There are only the two that are written to. */
function ofOutput(_vm: Vm, fd: number): number {
  return fd === STDOUT || fd === STDERR ? SUCCESS : BADF;
}

/** What is written to stdout is logged as info, to stderr as error, without a line break at the end. */
function fdWrite(vm: Vm, fd: number, listAt: number, count: number, writtenAt: number): number {
  if (fd !== STDOUT && fd !== STDERR) return BADF;
  const parts: Uint8Array[] = [];
  let size = 0;
  for (let i = 0; i < count >>> 0; i++) {
    const pointer = vm.memory.getU32(listAt + i * 8);
    const length = vm.memory.getU32(listAt + i * 8 + 4);
    if (pointer === null || length === null) return FAULT;
    const part = length === 0 ? null : vm.memory.window(pointer, length);
    if (length > 0 && part === null) return FAULT;
    if ((size += length) > MAX_WRITE_BYTES) return FAULT;
    if (part !== null) parts.push(part);
  }
  if (size > 0) {
    vm.log(fd === STDOUT ? LogLevel.Info : LogLevel.Error, toText(concat(parts)).replace(/\n$/, ""));
  }
  return vm.memory.setU32(writtenAt, size) ? SUCCESS : FAULT;
}

function environment(vm: Vm): Uint8Array[] {
  return [...vm.settings.environment].map(([name, value]) => utf8(`${name}=${value}\0`));
}
