export interface Place {
  readonly kind: string;
  readonly name: string;
  readonly body: string;
}
export const pages: readonly string[];
export function readPage(name: string): string;
export function placesOf(text: string): readonly Place[];
export function bodyOf(kind: string, name: string): Promise<string>;
