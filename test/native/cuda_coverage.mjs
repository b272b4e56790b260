// Lines of the CUDA kernels that their tests run under the emulation: `node test/native/cuda_coverage.mjs` builds them with gcov's
// counters in build-test, runs them, prints a line per file, and fails where a line that makes code was never run.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';

const build = 'build-test';
const options = ['-DPOINTSMAN_BUILD_TESTS=ON', '-DPOINTSMAN_WITH_CUDA=OFF', '-DPOINTSMAN_CUDA_COVERAGE=ON'];
execFileSync('cmake', ['-S', '.', '-B', build, ...options]);
execFileSync('cmake', ['--build', build, '--target', 'cuda_kernels_coverage', '--parallel', '2']);

const native = join(build, 'test', 'native');
const objects = resolve(native, 'CMakeFiles', 'cuda_kernels_counted.dir');
const counts = readdirSync(objects, { recursive: true }).map((file) => join(objects, file));
for (const file of counts.filter((path) => path.endsWith('.gcda'))) rmSync(file); // of an earlier run
execFileSync(join(native, 'cuda_kernels_coverage'), { stdio: 'inherit' });

/** Per file of native/cuda, per line, how often it ran: the most of all instantiations and objects. */
const files = new Map();
const scratch = mkdtempSync(join(tmpdir(), 'pointsman-coverage-'));
for (const notes of counts.filter((path) => path.endsWith('.gcno'))) {
  execFileSync('gcov', ['--json-format', '--object-directory', notes, notes], {
    cwd: scratch,
    stdio: 'ignore',
  });
}
for (const report of readdirSync(scratch)) {
  const { files: reported } = JSON.parse(gunzipSync(readFileSync(join(scratch, report))));
  for (const { file, lines } of reported) {
    if (!/native\/cuda\/[a-z_]+\.cuh?$/.test(file)) continue;
    const runs = files.get(basename(file)) ?? new Map();
    files.set(basename(file), runs);
    for (const { line_number: line, count } of lines) runs.set(line, Math.max(count, runs.get(line) ?? 0));
  }
}
rmSync(scratch, { recursive: true });

let missed = 0;
for (const [name, runs] of [...files].toSorted()) {
  const never = [...runs].filter(([, count]) => count === 0).map(([line]) => line);
  missed += never.length;
  const which = never.length === 0 ? '' : `, never: ${never.join(', ')}`;
  console.log(`${name}: ${runs.size - never.length} of ${runs.size} lines run${which}`);
}
process.exitCode = files.size > 0 && missed === 0 ? 0 : 1;
