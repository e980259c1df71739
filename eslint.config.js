import js from '@eslint/js';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['dist/', 'out/', '.cache/', 'rollout-lab-sample/', 'media/', 'node_modules/', '.rollout-lab/'] },
  js.configs.recommended,
  tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.json', './webview/tsconfig.json', './test/ui/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/require-await': 'off',
      eqeqeq: 'error',
    },
  },
  {
    files: ['src/editor/**', 'src/extension.ts'],
    ignores: ['src/editor/plain-window.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector:
            "MemberExpression[object.name!='plain'][property.name=/^(show(Information|Warning|Error)Message|withProgress|(show|create)(QuickPick|InputBox)|createTreeView|registerTreeDataProvider|setStatusBarMessage)$/], NewExpression[callee.property.name=/^(Diagnostic|MarkdownString)$/]",
          message:
            'What it shows may come from a store or a dump: take it from plain-window.ts, which shows it as text.',
        },
        {
          selector: ['arguments.0.value', 'arguments.0.quasis.0.value.raw']
            .map((id) => `CallExpression[callee.property.name=/^(execute|register)Command$/][${id}=/^rolloutLab\\./]`)
            .concat("Property[key.name='command'] > Literal[value=/^rolloutLab\\./]")
            .join(', '),
          message: 'Take runCommand or commandOf of commands.ts, which know what a command of ours takes and gives.',
        },
      ],
    },
  },
  {
    files: ['src/cli/**', 'src/study/**', 'src/bench/**'],
    ignores: ['src/cli/program.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        ...['stdout', 'stderr'].map((property) => ({
          ...{ object: 'process', property },
          message: 'What is printed may come from a store or a dump: program.ts prints it as text.',
        })),
      ],
    },
  },
  {
    files: ['webview/**'],
    ignores: ['webview/ui/html.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { name: 'lit', importNames: ['html'], message: 'Take it from ui/html.ts, which shows text as text.' },
      ],
    },
  },
  {
    files: ['test/**'],
    ignores: ['test/unit/fc.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { name: 'fast-check', message: 'Take it from test/unit/fc.ts, where every run has the same seed.' },
      ],
    },
  },
  {
    files: ['test/ui/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector:
            'CallExpression[callee.name=/^expect$/] > AwaitExpression:not(:has(> CallExpression[callee.name=/^(faultsOf|probe|misplaced|scrollsSideways)$/]))',
          message: 'A page comes to its state in its own time: await expect.poll(() => …).',
        },
      ],
    },
  },
  {
    files: ['**/*.cjs'],
    languageOptions: { globals: { require: 'readonly', exports: 'writable' } },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        fetch: 'readonly',
        setTimeout: 'readonly',
        Buffer: 'readonly',
      },
    },
  },
);
