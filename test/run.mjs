// The whole test run behind `npm test`: every suite in turn, its count added up, `N passed, N failed` at the end.
// A suite whose tool is missing is skipped with its reason. `node test/run.mjs lint vitest` runs only those named.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

const jobs = '2';
/** What did not pass, repeated where all is added up: the suites' own output is long. */
const failures = [];
const scratch = mkdtempSync(join(tmpdir(), 'pointsman-test-'));

/** Runs a command to its end with its output shown; returns {ok, output}. */
function run(command, args, { input, quiet = false } = {}) {
  const result = spawnSync(command, args, {
    input: input ?? '',
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const output = `${result.stdout ?? ''}${result.stderr ?? ''}${result.error ? `${result.error}\n` : ''}`;
  const ok = result.status === 0;
  if (!quiet || !ok) process.stdout.write(output);
  return { ok, output, stdout: result.stdout ?? '' };
}

/** A suite of one check. */
function check(command, args, options) {
  return run(command, args, options).ok ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

function isInstalled(command) {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;
}

function trackedFiles(...patterns) {
  return run('git', ['ls-files', '--cached', '--others', '--exclude-standard', ...patterns], { quiet: true })
    .stdout.split('\n')
    .filter((file) => file !== '' && existsSync(file) && !file.includes('.generated.'));
}

const nativeSources = [
  'native/*.cc',
  'native/*.h',
  'native/*.cu',
  'native/*.cuh',
  'test/native/*.cuh',
  'bindings/*.cc',
  'bindings/*.h',
  'bench/*.cc',
  'bench/*.cu',
  'bench/*.h',
  'test/native/*.cc',
  'test/native/*.h',
];

/** Configures, builds and runs the native tests in one build folder. */
function nativeTests(folder, options) {
  const always = ['-DPOINTSMAN_BUILD_TESTS=ON', '-DPOINTSMAN_WITH_CUDA=OFF']; // the addon's build makes that library
  const configured = run('cmake', ['-S', '.', '-B', folder, ...always, ...options], {
    quiet: true,
  });
  const built = configured.ok && run('cmake', ['--build', folder, '--parallel', jobs], { quiet: true });
  if (!built?.ok) return { passed: 0, failed: 1 };
  const { output } = run('ctest', ['--test-dir', folder, '--output-on-failure', '--parallel', jobs]);
  const counts = /(\d+) tests? failed out of (\d+)/.exec(output);
  if (counts === null) return { passed: 0, failed: 1 };
  return { passed: Number(counts[2]) - Number(counts[1]), failed: Number(counts[1]) };
}

function vitest(command, args) {
  const report = join(scratch, `vitest-${Math.random().toString(36).slice(2)}.json`);
  const { ok } = run(command, [
    ...args,
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]);
  if (!existsSync(report)) return { passed: 0, failed: 1 };
  const { numPassedTests, numFailedTests, numPendingTests, numTotalTests, success, testResults } = JSON.parse(
    readFileSync(report, 'utf8'),
  );
  for (const file of testResults) {
    const notPassed = file.assertionResults.filter(
      ({ status }) => status !== 'passed' && status !== 'skipped',
    );
    for (const { fullName, status } of notPassed)
      failures.push(`${relative('.', file.name)}: ${fullName}: ${status}`);
    if (file.status !== 'passed' && notPassed.length === 0)
      failures.push(`${relative('.', file.name)}: ${file.message}`);
  }
  // A suite that fails outside a test (an import, a hook) counts as a failure too.
  const failed = numFailedTests + (numFailedTests === 0 && (!ok || !success || numTotalTests === 0) ? 1 : 0);
  return { passed: numPassedTests, failed, skipped: numPendingTests };
}

const suites = {
  types: () => check('npx', ['tsc', '--noEmit']),
  lint: () => check('npx', ['biome', 'ci', '--colors=off', '.']),
  'clang-format': () => {
    const binary = join('node_modules', 'clang-format', 'bin', 'linux_x64', 'clang-format');
    if (!existsSync(binary) || process.platform !== 'linux' || process.arch !== 'x64') {
      return { skip: 'the packaged clang-format runs on x64 Linux only' };
    }
    return check(binary, ['--dry-run', '-Werror', ...trackedFiles(...nativeSources)]);
  },
  'clang-tidy': () => {
    if (!isInstalled('clang-tidy')) return { skip: 'clang-tidy is not installed' };
    run(
      'cmake',
      [
        ...['-S', '.', '-B', 'build-tidy', '-DPOINTSMAN_BUILD_TESTS=OFF', '-DPOINTSMAN_BUILD_BENCH=ON'],
        '-DPOINTSMAN_WITH_CUDA=OFF',
      ],
      { quiet: true },
    );
    // Other architectures' kernels are not compiled here, and clang-tidy would guess this one's flags for them.
    const compiled = JSON.parse(readFileSync(join('build-tidy', 'compile_commands.json'), 'utf8'));
    const compiledPaths = new Set(compiled.map(({ file }) => relative('.', file)));
    const files = trackedFiles('native/*.cc', 'bench/*.cc').filter((file) => compiledPaths.has(file));
    return check(
      'xargs',
      [
        '-P',
        jobs,
        '-n',
        '4',
        'clang-tidy',
        '-p',
        'build-tidy',
        '--quiet',
        '--extra-arg=-Wno-unknown-warning-option',
      ],
      {
        input: files.join('\n'),
      },
    );
  },
  native: () => nativeTests('build-test', ['-DPOINTSMAN_BUILD_BENCH=ON', '-DPOINTSMAN_CUDA_COVERAGE=ON']),
  'line coverage of the CUDA kernels': () => {
    if (process.platform !== 'linux' || process.arch !== 'x64')
      return { skip: 'their emulation is for x64 Linux' };
    if (!isInstalled('gcov')) return { skip: 'gcov is not installed' };
    return check('node', [join('test', 'native', 'cuda_coverage.mjs')]);
  },
  'the CUDA library': () => {
    // Made by the addon's build, whose ptxas options fail on a kernel that spills.
    const library = join('build', 'Release', 'libpointsman_cuda.so');
    if (!existsSync(library))
      return { skip: 'not built: nvcc 12.8 or later is not there; only the emulation was tested' };
    const { stdout } = run('nm', ['-D', '--defined-only', library]);
    const exportsOne = /^\S+ T pointsman_cuda_api\n$/.test(stdout);
    return exportsOne ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
  },
  'native under ASan and UBSan': () => nativeTests('build-asan', ['-DPOINTSMAN_SANITIZE=address,undefined']),
  'native under TSan': () => nativeTests('build-tsan', ['-DPOINTSMAN_SANITIZE=thread']),
  'native (aarch64, qemu)': () => {
    const missing = ['aarch64-linux-gnu-g++', 'qemu-aarch64'].filter((tool) => !isInstalled(tool));
    if (missing.length > 0) return { skip: `not installed: ${missing.join(', ')}` };
    return nativeTests('build-aarch64', ['-DCMAKE_TOOLCHAIN_FILE=cmake/toolchains/aarch64-linux-gnu.cmake']);
  },
  'vitest on this Node': () => vitest('npx', ['vitest']),
  'vitest on Node 24': () => {
    if (process.versions.node.startsWith('24.')) return { skip: 'this Node is 24' };
    return vitest('npx', ['--yes', '-p', 'node@24', 'node', join('node_modules', 'vitest', 'vitest.mjs')]);
  },
  publint: () => check('npx', ['publint', '--strict']),
  'types as published': () => check('npx', ['attw', '--pack', '.', '--profile', 'esm-only']),
  'the main command of the README': () => {
    const readme = readFileSync('README.md', 'utf8');
    const command = /^npm ci && (npx pointsman route .+)$/m.exec(readme)?.[1];
    if (command === undefined) return { passed: 0, failed: 1 };
    const { ok, output } = run('sh', ['-c', command]);
    return ok && output.includes('chosen') ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
  },
};

const wanted = process.argv.slice(2);
const total = { passed: 0, failed: 0, skipped: 0 };
const summary = [];
for (const [name, suite] of Object.entries(suites)) {
  if (wanted.length > 0 && !wanted.some((word) => name.includes(word))) continue;
  const start = performance.now();
  console.log(`\n=== ${name}`);
  const { passed = 0, failed = 0, skipped = 0, skip } = suite();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  summary.push(`${name}: ${skip ? `skipped, ${skip}` : `${passed} passed, ${failed} failed`} (${seconds} s)`);
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped + (skip ? 1 : 0);
}
rmSync(scratch, { recursive: true, force: true });
console.log(['', ...failures, ...summary, ''].join('\n'));
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
