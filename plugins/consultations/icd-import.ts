import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import type { Tx } from 'care-kernel'
import { keyOf, readTabulation, type IcdEntry } from './icd-tabulation.ts'

const BATCH = 500
const LONGEST = 255

/** Short names of chapters by number (docs/api/consultations.md §8.2); the space after "parasites" is the original's. */
const CHAPTERS: Readonly<Record<string, string>> = {
  '01': 'Infection and parasites ',
  '02': 'Neoplasms',
  '03': 'Hematology',
  '04': 'Immune System',
  '05': 'Endocrine, nutritional or metabolism',
  '06': 'Mental, behavioural or neurological',
  '07': 'Sleep',
  '08': 'Nervous System',
  '09': 'Ophthalmology',
  '10': 'ENT',
  '11': 'Circulatory System',
  '12': 'Respiratory System',
  '13': 'Digestive System',
  '14': 'Skin',
  '15': 'Musculoskeletal System',
  '16': 'Genitourinary System',
  '17': 'Sexual Health',
  '18': 'OBGYN',
  '19': 'Neonatology',
  '20': 'Developmental Anomalies',
  '21': 'Others',
  '22': 'Injury, Poisoning',
  '23': 'External Causes of Injury',
  '24': 'Reason for contact with Health Services',
  '25': 'Codes for special purposes',
  '26': 'Supplementary chapter',
  V: 'Functioning assessment'
}

/** What stands above an entry: the topmost label of each kind. */
interface Roots {
  readonly chapter?: string
  readonly block?: string
  readonly category?: string
}

// Raw SQL: a set of hundreds of thousands, whose rows that are there already stay.
const INSERT = `insert into facility_icd11diagnosis (id, icd11_id, label, class_kind, is_leaf, parent_id, average_depth, is_adopted_child, breadth_value,
    meta_hidden, meta_chapter, meta_chapter_short, meta_root_block, meta_root_category)
  select id, icd11_id, label, class_kind, is_leaf, parent_id, average_depth, is_adopted_child, breadth_value,
    meta_hidden, meta_chapter, meta_chapter_short, meta_root_block, meta_root_category
  from jsonb_populate_recordset(null::facility_icd11diagnosis, $1::jsonb) on conflict do nothing`

/**
 * Entries of a file, parents before children: WHO's tabulation (text separated by tabs, read as it comes) or the JSON list the
 * original loads. Throws for anything else, with the line.
 */
export function readEntries(file: string): AsyncIterable<IcdEntry> {
  if (/\.zip$/i.test(file)) throw new Error('archives are not read: unpack it and use the text (.txt) in it')
  if (/\.(xlsx?|ods)$/i.test(file))
    throw new Error(
      'spreadsheets are not read: WHO publishes the same tabulation as text separated by tabs (.txt), use that file, or save the sheet as such text in UTF-8 (from LibreOffice: --convert-to "csv:Text - txt - csv (StarCalc):9,34,76")'
    )
  if (/\.json$/i.test(file)) return jsonEntries(file)
  return readTabulation(createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Number.POSITIVE_INFINITY }))
}

/** Adds the entries that are not there; rows that are stay as they are. How many were added. */
export async function importEntries(
  tx: Tx,
  entries: AsyncIterable<IcdEntry>,
  advance: (read: number) => void = () => undefined
): Promise<number> {
  const roots = new Map<number, Roots>()
  let added = 0
  let batch: object[] = []
  const write = async () => {
    const { rowCount } = await tx.query(INSERT, [JSON.stringify(batch)])
    added += rowCount
    advance(batch.length)
    batch = []
  }
  for await (const entry of entries) {
    batch.push(rowOf(entry, roots))
    if (batch.length === BATCH) await write()
  }
  if (batch.length > 0) await write()
  return added
}

function rowOf(entry: IcdEntry, roots: Map<number, Roots>): object {
  const label = entry.label.slice(0, LONGEST)
  const above = entry.parentId === null ? {} : (roots.get(entry.parentId) ?? {})
  const own: Roots = { [entry.classKind]: label, ...above }
  roots.set(entry.id, own)
  const { chapter = '', block = null, category = null } = own
  const short = CHAPTERS[chapter.split(' ', 1)[0] ?? ''] ?? (chapter || null)
  return {
    id: entry.id,
    icd11_id: entry.uri,
    label,
    class_kind: entry.classKind,
    is_leaf: entry.isLeaf,
    parent_id: entry.parentId,
    average_depth: entry.depth,
    is_adopted_child: entry.isAdoptedChild,
    breadth_value: entry.breadth,
    meta_hidden: short === null,
    meta_chapter: chapter,
    meta_chapter_short: short,
    meta_root_block: block,
    meta_root_category: category
  }
}

/** An entry of the original's JSON file. */
interface JsonEntry {
  readonly ID: string
  readonly label: string
  readonly classKind: string
  readonly isLeaf: boolean
  readonly parentId: string | null
  readonly averageDepth: number
  readonly isAdoptedChild: boolean
  readonly breadthValue: number
}

async function* jsonEntries(file: string): AsyncIterable<IcdEntry> {
  const list: unknown = JSON.parse(await readFile(file, 'utf8'))
  if (!Array.isArray(list)) throw new Error(`${file} is not a list of entries`)
  for (const [index, item] of (list as Partial<JsonEntry>[]).entries()) {
    const { ID: uri, label, classKind, parentId = null } = item
    if (typeof uri !== 'string' || typeof label !== 'string' || typeof classKind !== 'string')
      throw new Error(`entry ${index + 1} lacks ID, label or classKind`)
    yield {
      id: keyOf(uri),
      uri,
      label,
      classKind,
      isLeaf: item.isLeaf ?? true,
      parentId: parentId === null ? null : keyOf(parentId),
      depth: item.averageDepth ?? 0,
      isAdoptedChild: item.isAdoptedChild ?? false,
      breadth: item.breadthValue ?? 0
    }
  }
}
