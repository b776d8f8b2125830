export const experiments: readonly string[];
export function findCompiler(): string | undefined;
export function runExperiment(name: string): string;
