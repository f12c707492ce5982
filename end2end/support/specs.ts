// Specs that the demo agent builds, or does not.

/** Three requirements, each with an example. */
export const GREET = `# Greet by name

## Requirements

- \`greet NAME\` prints \`Hello, NAME!\`
- \`greet\` exits with 2
- \`greet --version\` prints \`greet 1.0\`
`;

/** One requirement that can be built and one that nobody can build from an example. */
export const HALF = `# Greet and bill

- \`greet NAME\` prints \`Hello, NAME!\`
- Users sign in with their company account and see their invoices
`;

/** One requirement, which the demo agent builds after it has misbehaved as it is told. */
export function misbehaves(how: string): string {
  return `# Greet, somehow\n\n- \`greet NAME\` prints \`Hello, NAME!\`\n${aside(how)}`;
}

/** Work that prints a line every tenth of a second for so many seconds, then is done. */
export function slow(seconds: number): string {
  return misbehaves(`slow=${seconds}`);
}

/** Several tasks that take so many seconds each: a pause waits for the end of a step, and there is work left after it. */
export function slowTasks(tasks: number, seconds: number): string {
  const lines = Array.from({ length: tasks }, (_, at) => `- \`greet --part-${at + 1}\` prints \`part ${at + 1}\`\n${aside(`slow=${seconds}`)}`);
  return `# Take some time\n\n${lines.join('')}`;
}

/** What the demo agent is told to do wrong; in a code block, which is no line of the requirement. */
function aside(misbehaviour: string): string {
  return `  \`\`\`\n  DEMO-MISBEHAVE: ${misbehaviour}\n  \`\`\`\n`;
}
