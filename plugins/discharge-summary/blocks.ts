import { orNone, textOf } from './format.ts'

/** A label with its value; `wide` has a line of its own. */
export type Pair = readonly [label: string, value: string, wide: boolean]

/** A part of a section. Texts are printed literally, without markup. */
export type Block = { readonly title: string | null } & (
  | { readonly kind: 'pairs'; readonly pairs: readonly Pair[] }
  | {
      readonly kind: 'table'
      readonly columns: readonly string[]
      /** Relative widths. */
      readonly widths: readonly number[]
      readonly rows: readonly (readonly string[])[]
    }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[]; readonly numbered: boolean }
)

export interface Section {
  readonly title: string
  readonly blocks: readonly Block[]
}

/** The input of the template. */
export interface Document {
  readonly title: string
  readonly created: string
  /** Footer of every page: name and number of the patient. */
  readonly running: string
  /** `short`: header of every page but the first. */
  readonly facility: { readonly name: string; readonly short: string; readonly lines: readonly string[] }
  readonly patient: readonly Pair[]
  readonly sections: readonly Section[]
  readonly signatures: readonly { readonly name: string; readonly role: string }[]
}

export const pair = (label: string, value: unknown, wide = false): Pair => [label, orNone(value), wide]

export const pairs = (list: readonly Pair[]): Block => ({ kind: 'pairs', title: null, pairs: list })

/** A titled paragraph; nothing without text. */
export const text = (title: string, value: unknown): Block[] => {
  const shown = textOf(value)
  return shown ? [{ kind: 'text', title, text: shown }] : []
}

/** Most rows of a table and items of a list. */
const MOST = 500
const more = (all: number): string[] => (all > MOST ? [`and ${all - MOST} more`] : [])

/** A table, `columns` with their relative widths; nothing without rows. */
export function table(title: string, columns: Readonly<Record<string, number>>, rows: readonly (readonly unknown[])[]): Block[] {
  if (rows.length === 0) return []
  return [
    {
      kind: 'table',
      title,
      columns: Object.keys(columns),
      widths: Object.values(columns),
      rows: [
        ...rows.slice(0, MOST).map(row => row.map(textOf)),
        ...more(rows.length).map(text => Object.keys(columns).map((_, at) => (at === 0 ? text : '')))
      ]
    }
  ]
}

/** A list; nothing without items. */
export const list = (title: string, items: readonly string[], numbered = true): Block[] => {
  const shown = [...items.slice(0, MOST), ...more(items.length)].map(textOf).filter(Boolean)
  return shown.length > 0 ? [{ kind: 'list', title, items: shown, numbered }] : []
}
