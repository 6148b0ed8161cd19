/** A field's name as protobuf has it; its JSON writes `fieldName` as well. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
}
