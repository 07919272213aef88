import type { TableName } from '../../kernel/plugin/contract.ts'
import { DATETIME_FORMAT, decimalProblem, isDate, isEmail, isUrl, parseDatetime, pythonType } from './formats.ts'
import { bad, Invalid, make, type Common, type Field, type Kind } from './input-field.ts'
import { isNumber, type CodeLabels, type KeyOf, type Labels } from './outputs.ts'

const INT4: readonly [number, number] = [-2_147_483_648, 2_147_483_647]

export interface TextOptions extends Common<string> {
  readonly max?: number
  readonly min?: number
  readonly blank?: boolean
  /** Keeps leading and trailing white space. */
  readonly untrimmed?: boolean
  /** Further rules, each with its message, which may depend on the value. */
  readonly rules?: readonly (readonly [RegExp | ((text: string) => boolean), string | ((text: string) => string)])[]
}

function text(options: TextOptions, schema: object = { type: 'string' }): Kind<string> {
  const { max, min, blank = false, untrimmed = false, rules = [] } = options
  return {
    blank,
    schema: { ...schema, ...(max ? { maxLength: max } : {}) },
    parse(input) {
      if (typeof input !== 'string' && typeof input !== 'number') return bad('Not a valid string.')
      const value = untrimmed ? String(input) : String(input).trim()
      if (value === '') return blank ? value : bad('This field may not be blank.')
      const messages = rules
        .filter(([rule]) => !(rule instanceof RegExp ? rule.test(value) : rule(value)))
        .map(([, message]) => (typeof message === 'string' ? message : message(value)))
      const length = [...value].length
      if (max !== undefined && length > max) messages.push(`Ensure this field has no more than ${max} characters.`)
      if (min !== undefined && length < min) messages.push(`Ensure this field has at least ${min} characters.`)
      messages.push(...characterProblems(value))
      return messages.length > 0 ? new Invalid(messages) : value
    }
  }
}

/** Messages about characters that PostgreSQL cannot store. */
function characterProblems(text: string): string[] {
  const surrogate = text.isWellFormed()
    ? undefined
    : /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/.exec(text)?.[0]
  return [
    ...(text.includes('\0') ? ['Null characters are not allowed.'] : []),
    ...(surrogate ? [`Surrogate characters are not allowed: U+${surrogate.charCodeAt(0).toString(16).toUpperCase()}.`] : [])
  ]
}

/** All texts of a JSON value, keys included, as one. */
function textsOf(value: unknown): string {
  const texts: string[] = []
  JSON.stringify(value, (key, inner: unknown) => {
    texts.push(key)
    if (typeof inner === 'string') texts.push(inner)
    return inner
  })
  return texts.join(' ')
}

interface Bounds {
  readonly min?: number
  readonly max?: number
}

function outside(value: number, { min, max }: Bounds = {}): Invalid | undefined {
  if (max !== undefined && value > max) return bad(`Ensure this value is less than or equal to ${max}.`)
  return min !== undefined && value < min ? bad(`Ensure this value is greater than or equal to ${min}.`) : undefined
}

const boundsSchema = ({ min, max }: Bounds = {}) => ({
  ...(min === undefined ? {} : { minimum: min }),
  ...(max === undefined ? {} : { maximum: max })
})

function integer({ min = INT4[0], max = INT4[1] }: Bounds = {}): Kind<number> {
  return {
    schema: { type: 'integer', minimum: min, maximum: max },
    parse(input) {
      if (typeof input === 'string' && input.length > 1000) return bad('String value too large.')
      const text = typeof input === 'number' || typeof input === 'string' ? String(input).trim().replace(/\.0*$/, '') : ''
      if (!/^[+-]?\d+$/.test(text) && !(typeof input === 'number' && Number.isInteger(input)))
        return bad('A valid integer is required.')
      const value = Number(text)
      return outside(value, { min, max }) ?? value
    }
  }
}

const TRUE = /^(t|y|yes|true|on|1)$/i
const FALSE = /^(f|n|no|false|off|0)$/i
const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i
const scalar = (input: unknown): input is string | number | boolean => ['string', 'number', 'boolean'].includes(typeof input)
const display = (input: unknown) =>
  typeof input === 'boolean' ? (input ? 'True' : 'False') : scalar(input) ? String(input) : JSON.stringify(input)

const canonicalUuid = (text: string) =>
  text
    .toLowerCase()
    .replaceAll('-', '')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

/** Makers of input fields, with the messages of the original (docs/api/auth-users.md §1.6, docs/api/facilities.md §1.1). */
export const field = {
  text: <const O extends TextOptions>(options?: O) => make<string, O>(options, text(options ?? {})),
  integer: <const O extends Common<number> & Bounds>(options?: O) => make<number, O>(options, integer(options)),
  float: <const O extends Common<number> & Bounds>(options?: O) =>
    make<number, O>(options, {
      schema: { type: 'number', ...boundsSchema(options) },
      parse(input) {
        const value =
          typeof input === 'number'
            ? input
            : typeof input === 'string' && /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(input)
              ? Number(input)
              : Number.NaN
        return Number.isFinite(value) ? (outside(value, options) ?? value) : bad('A valid number is required.')
      }
    }),
  /** A number of `digits` digits, `places` of them decimal, kept as text. `""` is null where null is allowed. */
  decimal: <const O extends Common<string> & Bounds & { digits: number; places: number }>(options: O) =>
    make<string, O>(options, {
      schema: { type: 'string', format: 'decimal', ...boundsSchema(options) },
      parse(input) {
        const text = typeof input === 'number' || typeof input === 'string' ? String(input).trim() : 'x'
        if (text === '' && options.null) return null as unknown as string
        const problem = decimalProblem(text, options.digits, options.places)
        return problem ? bad(problem) : (outside(Number(text), options) ?? text)
      }
    }),
  boolean: <const O extends Common<boolean>>(options?: O) =>
    make<boolean, O>(options, {
      schema: { type: 'boolean' },
      absentInForm: { value: false },
      parse(input) {
        const text = scalar(input) ? String(input) : ''
        if (options?.null && /^(null|)$/i.test(text) && typeof input === 'string') return null as unknown as boolean
        return TRUE.test(text) ? true : FALSE.test(text) ? false : bad('Must be a valid boolean.')
      }
    }),
  date: <const O extends Common<string>>(options?: O) =>
    make<string, O>(options, {
      schema: { type: 'string', format: 'date' },
      parse: input =>
        typeof input === 'string' && isDate(input)
          ? input
          : bad('Date has wrong format. Use one of these formats instead: YYYY-MM-DD.')
    }),
  /** Instant as ISO text in UTC with microseconds; a time without an offset is in the deployment's time zone. */
  datetime: <const O extends Common<string>>(options?: O) =>
    make<string, O>(options, {
      schema: { type: 'string', format: 'date-time' },
      parse(input, { zone }) {
        const instant = typeof input === 'string' ? parseDatetime(input, zone) : undefined
        if (instant === null) return bad('Datetime value out of range.')
        return instant ?? bad(`Datetime has wrong format. Use one of these formats instead: ${DATETIME_FORMAT}.`)
      }
    }),
  uuid: <const O extends Common<string>>(options?: O) =>
    make<string, O>(options, {
      schema: { type: 'string', format: 'uuid' },
      parse: input => (typeof input === 'string' && UUID.test(input) ? canonicalUuid(input) : bad('Must be a valid UUID.'))
    }),
  email: <const O extends TextOptions>(options?: O) =>
    make<string, O>(
      options,
      text({ ...options, rules: [[isEmail, 'Enter a valid email address.']] }, { type: 'string', format: 'email' })
    ),
  url: <const O extends TextOptions>(options?: O) =>
    make<string, O>(options, text({ ...options, rules: [[isUrl, 'Enter a valid URL.']] }, { type: 'string', format: 'uri' })),
  /** One of the stored values, or its text. */
  choice: <const O extends Common<V>, const V extends number | string>(values: readonly V[], options?: O) =>
    make<V, O>(options, {
      schema: { enum: values },
      parse: input =>
        values.find(value => scalar(input) && String(value) === String(input)) ??
        bad(`"${display(input)}" is not a valid choice.`)
    }),
  /** The label or the stored value; the message of an unknown label quotes it as None (docs/api/auth-users.md §1.6, QUIRK). */
  label: <const L extends Labels | CodeLabels, const O extends Common<KeyOf<L>>>(labels: L, options?: O) =>
    make<KeyOf<L>, O>(options, {
      schema: { type: 'string', enum: Object.values(labels) },
      parse(input) {
        const entry = Object.entries(labels).find(
          ([value, label]) => label === input || (scalar(input) && value === String(input))
        )
        if (entry) return (isNumber(entry[0]) ? Number(entry[0]) : entry[0]) as KeyOf<L>
        return bad(
          typeof input === 'number' || (typeof input === 'string' && isNumber(input))
            ? `"${input}" is not a valid choice.`
            : '"None" is not a valid choice.'
        )
      }
    }),
  /** A list; the messages of invalid items are an object by index, or with `array` a list. */
  list: <T, const O extends Common<T[]> & { array?: boolean; max?: number }>(of: Field<T>, options?: O) =>
    make<T[], O>(options, {
      list: options?.array ? 'array' : 'object',
      item: of,
      schema: { type: 'array', items: of.schema },
      parse(input, arrival) {
        if (!Array.isArray(input)) {
          const message = [`Expected a list of items but got type "${pythonType(input)}".`]
          return new Invalid(options?.array ? { non_field_errors: message } : message)
        }
        const parsed = input.map((item: unknown) =>
          item === null || item === undefined ? bad('This field may not be null.') : of.parse(item, arrival)
        )
        if (!parsed.some(item => item instanceof Invalid)) return parsed as T[]
        const valid = parsed.map(item => (item instanceof Invalid ? item.valid : item))
        if (options?.array)
          return new Invalid(
            parsed.map(item => (item instanceof Invalid ? item.messages : {})),
            valid
          )
        return new Invalid(
          Object.fromEntries(parsed.flatMap((item, index) => (item instanceof Invalid ? [[String(index), item.messages]] : []))),
          valid
        )
      }
    }),
  /** Any JSON value that PostgreSQL can store. */
  json: <const O extends Common<unknown>>(options?: O) =>
    make<unknown, O>(options, {
      schema: {},
      parse(input) {
        const problems = characterProblems(textsOf(input))
        return problems.length > 0 ? new Invalid(problems) : input
      }
    }),
  /** A row by its integer key. */
  reference: <const O extends Common<number>>(table: TableName, options?: O) =>
    make<number, O>(options, {
      schema: { type: 'integer' },
      reference: { table: String(table), column: 'id', live: false },
      parse(input) {
        if (input === '' && options?.null) return null as unknown as number
        if (input === '') return bad('This field may not be null.')
        const text = typeof input === 'number' || typeof input === 'string' ? String(input) : ''
        if (typeof input === 'boolean' || !/^\s*[+-]?\d+\s*$/.test(text))
          return bad(`Incorrect type. Expected pk value, received ${pythonType(input)}.`)
        return Math.abs(Number(text)) > Number.MAX_SAFE_INTEGER
          ? bad(`Invalid pk "${text.trim()}" - object does not exist.`)
          : Number(text)
      }
    }),
  /** A row by its external id; the value becomes its integer key. */
  externalId: <const O extends Common<number>>(table: TableName, options?: O) =>
    make<number, O>(options, {
      schema: { type: 'string', format: 'uuid' },
      reference: { table: String(table), column: 'external_id', live: true },
      parse: input =>
        typeof input === 'string' && UUID.test(input) ? (canonicalUuid(input) as unknown as number) : bad('invalid uuid')
    })
} as const
