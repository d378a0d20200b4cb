import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folders: string[] = [];

/** A folder of its own for a spec; `removeFolders` is to be called when it has ended. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ambos-spec-'));
  folders.push(folder);
  return folder;
}

export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}
