import { invalid } from 'care-kernel/rest'

/** Runs a write; a row that is there already, by this unique index, is answered 400 with `body`. */
export async function refusingRepeats<T>(index: string, body: unknown, write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    const { code, constraint } = ((error as { original?: unknown }).original ?? error) as { code?: string; constraint?: string }
    throw code === '23505' && constraint === index ? invalid(body) : error
  }
}
