/**
 * An SQL comment that names the contributor of a part of a statement, for `care-kernel sql` and for logs of slow statements. PostgreSQL drops
 * comments when it parses a statement. The text must be a constant of the code: a value would make another statement of it.
 */
export function sqlComment(text: string): string {
  if (text.includes('*/') || text.includes('/*')) throw new TypeError(`an SQL comment cannot hold ${text}`)
  return `/* ${text} */`
}
