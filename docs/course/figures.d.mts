export function figuresOf(output: string): Readonly<Record<string, string>>;
