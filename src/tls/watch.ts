import { type FSWatcher, lstatSync, readlinkSync, watch } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';

/** Links that lead to one another are followed no further. */
const MOST_LINKS = 16;

/**
 * Tells when something happens in the folders that lead to some files. Not the files themselves are watched: they are
 * replaced by renaming, and by turning links round, and a watch stays with what was there before.
 *
 * @returns stops it
 */
export function watchFolders(paths: readonly string[], changed: () => void): () => void {
  const folders = new Set(paths.flatMap(foldersOf));
  const watchers = [...folders].flatMap((folder) => watchFolder(folder, changed));
  return () => {
    for (const watcher of watchers) watcher.close();
  };
}

/** Where the file lies, and each link on the way to it: its folder's own ones too. */
function foldersOf(path: string): string[] {
  const folders: string[] = [];
  let rest = resolve(path);
  for (let links = 0; links < MOST_LINKS; links += 1) {
    folders.push(dirname(rest));
    const next = followOne(rest);
    if (next === undefined) break;
    folders.push(next.folder);
    rest = next.path;
  }
  return folders;
}

/** Follows the first link in a path. @returns where that is, and the path behind it */
function followOne(path: string): { folder: string; path: string } | undefined {
  const parts = path.split(sep);
  for (let length = 2; length <= parts.length; length += 1) {
    const link = parts.slice(0, length).join(sep);
    const target = targetOf(link);
    if (target === undefined) continue;
    const folder = dirname(link);
    return { folder, path: resolve(folder, target, ...parts.slice(length)) };
  }
  return undefined;
}

function targetOf(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch {
    return undefined;
  }
}

/** Where a folder can't be watched (a share, no watches left), whoever asks has to look by himself from time to time. */
function watchFolder(folder: string, changed: () => void): FSWatcher[] {
  try {
    const watcher = watch(folder, { persistent: false }, changed);
    watcher.on('error', () => watcher.close());
    return [watcher];
  } catch {
    return [];
  }
}
