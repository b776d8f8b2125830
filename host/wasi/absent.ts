// What Pollux does not offer, and how it says so: a guest has no files until it is given some.
// docs/wasi-coverage.md lists the same answers; a test compares the two.

import { Errno } from '../base/errno.ts';
import type { Functions } from './functions.ts';
import type { Sandbox } from './sandbox.ts';

/** Functions on a descriptor that only files have: `-BADF` for a closed one, else this. */
const ON_DESCRIPTORS: Readonly<Record<string, Errno>> = {
  fd_advise: Errno.SPIPE,
  fd_allocate: Errno.NODEV,
  fd_datasync: Errno.INVAL,
  fd_fdstat_set_rights: Errno.NOTSUP,
  fd_filestat_set_size: Errno.INVAL,
  fd_filestat_set_times: Errno.INVAL,
  fd_pread: Errno.SPIPE,
  fd_pwrite: Errno.SPIPE,
  fd_readdir: Errno.NOTDIR,
  fd_seek: Errno.SPIPE,
  fd_sync: Errno.INVAL,
  fd_tell: Errno.SPIPE,
};

/** Functions on a directory: `-BADF` for a closed one, else `-NOTDIR`: no descriptor is one. */
const ON_DIRECTORIES: readonly string[] = [
  'path_create_directory',
  'path_filestat_get',
  'path_filestat_set_times',
  'path_open',
  'path_readlink',
  'path_remove_directory',
  'path_unlink_file',
];

export function absentFunctions(sandbox: Sandbox): Functions {
  const answer = (fd: number, errno: Errno): number =>
    sandbox.descriptors.get(fd) === undefined ? -Errno.BADF : -errno;
  const answerBoth = (fd: number, newFd: number): number => {
    const result = answer(fd, Errno.NOTDIR);
    return result === -Errno.BADF ? result : answer(newFd, Errno.NOTDIR);
  };
  const functions: Record<string, Functions[string]> = {
    // These name a directory elsewhere than first, or two of them.
    path_symlink: (_target: number, _targetBytes: number, fd: number) => answer(fd, Errno.NOTDIR),
    path_link: (fd: number, _flags: number, _path: number, _bytes: number, newFd: number) =>
      answerBoth(fd, newFd),
    path_rename: (fd: number, _path: number, _bytes: number, newFd: number) =>
      answerBoth(fd, newFd),
  };
  for (const [name, errno] of Object.entries(ON_DESCRIPTORS)) {
    functions[name] = (fd: number) => answer(fd, errno);
  }
  for (const name of ON_DIRECTORIES) functions[name] = (fd: number) => answer(fd, Errno.NOTDIR);
  return functions;
}
