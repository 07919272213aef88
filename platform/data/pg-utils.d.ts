/** How the driver writes a value as text for PostgreSQL; its types leave it out. */
declare module 'pg/lib/utils' {
  export function prepareValue(value: unknown): string | Buffer | null
}
