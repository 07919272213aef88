import t from 'tap'
import type { Requester } from '../../platform/testing/index.ts'
import type { Schema } from './sweep.ts'
import { twoDistricts } from './two-districts.ts'

interface Operation {
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
}

const TEXTS: Readonly<Record<string, string>> = {
  HTML: '<b onclick="alert(1)">bold</b><script>alert("x")</script> &amp; &lt;',
  SQL: `Robert'); drop table facility_patientregistration; -- $1 %s`,
  patterns: '100% _ \\ \\\\ * ? [a-z]+ ${x} {{y}}',
  JSON: '{"a": [1, "\\u0041"]}',
  formula: '=cmd|calc!A1',
  scripts: 'മലയാളം العربية 漢字 ‏שלום‎ Ångström é',
  emoji: '🧑‍⚕️👩🏽‍🦽 𝕏',
  lines: 'first\nsecond\r\nthird\tend'
}
/** A million characters, where somebody may write as much. */
const LONG = 'long '.repeat(200_000).trim()
const LONG_FIELDS = new Set(['address', 'note', 'consultation_notes', 'other_details', 'reason', 'archive_reason', 'comment'])
const DATES = [
  '0001-01-01',
  '1582-10-10',
  '9999-12-31',
  '99999-01-01',
  '2024-02-30',
  '2024-13-01',
  '-0044-03-15',
  '2024-W01',
  '',
  'now',
  '0'
]
const NO_TEXT = /phone|number$|password|username|email|url|link|^middleware_address$|_id$/

t.test('what is written comes back as it went in, or is refused by name', { timeout: 240_000 }, async t => {
  const { kernel, near, root } = await twoDistricts(t)
  const { paths } = kernel.app.swagger() as { paths: Record<string, Record<string, Operation>> }
  const { own, people } = near
  const [doctor, admin] = [people.doctor ?? root, people.admin ?? root]
  const consultation = `/api/v1/consultation/${own.consultation}/`
  const things: readonly (readonly [string, string, Requester])[] = [
    ['/api/v1/patient/{id}/', `/api/v1/patient/${own.patient}/`, doctor],
    ['/api/v1/patient/{patient}/notes/{note}/', `/api/v1/patient/${own.patient}/notes/${own.note}/`, doctor],
    ['/api/v1/consultation/{id}/', consultation, doctor],
    ['/api/v1/consultation/{consultation}/daily_rounds/{id}/', `${consultation}daily_rounds/${own.round}/`, doctor],
    ['/api/v1/shift/{id}/', `/api/v1/shift/${own.shift}/`, doctor],
    ['/api/v1/resource/{id}/', `/api/v1/resource/${own.resource}/`, doctor],
    ['/api/v1/facility/{id}/', `/api/v1/facility/${own.facility}/`, admin],
    ['/api/v1/users/{username}/', `/api/v1/users/${own.user}/`, doctor],
    ['/api/v1/files/{id}/', `/api/v1/files/${own.file}/?file_type=CONSULTATION&associating_id=${own.consultation}`, doctor]
  ]
  let kept = 0
  const refused = new Set<string>()
  for (const [path, url, by] of things) {
    const schema = Object.values(paths[path]?.patch?.requestBody?.content ?? {})[0]?.schema
    const stored = /facility|users/.test(path) ? Object.entries((await by.get(url)).body as object) : []
    const whole = Object.fromEntries(stored.filter(([, value]) => value !== null))
    for (const [name, of] of Object.entries(schema?.properties ?? {})) {
      if (of.type !== 'string' || of.enum || (of.format && !/^date/.test(of.format))) continue
      if (of.format) {
        for (const date of DATES) {
          const { status } = await by.patch(url, { ...whole, [name]: date })
          if (status >= 500) t.fail(`${path} ${name}=${date} answers ${status}`)
          const read = await by.get(url)
          if (read.status !== 200) t.fail(`${path} cannot be read after ${name}=${date}: ${read.status}`)
        }
        continue
      }
      if (NO_TEXT.test(name)) continue
      for (const [what, text] of textsOf(name)) {
        if (text.length > (of.maxLength ?? Number.POSITIVE_INFINITY)) continue
        const answer = await by.patch(url, { ...whole, [name]: text })
        if (answer.status === 400) refused.add(`${path} ${name}`)
        if (answer.status === 400 && !answer.text.includes(name))
          t.fail(`${path} ${name} refuses ${what}: ${answer.text.slice(0, 200)}`)
        if (answer.status >= 400) {
          if (answer.status !== 400) t.fail(`${path} ${name} answers ${answer.status} to ${what}: ${answer.text.slice(0, 200)}`)
          continue
        }
        const read = (await by.get(url)).body as Record<string, unknown>
        if (!(name in read)) continue
        if (read[name] !== text) t.fail(`${path} ${name} comes back otherwise: ${what}: ${String(read[name]).slice(0, 80)}`)
        kept++
      }
    }
  }
  for (const [url, field] of [
    [`/api/v1/patient/${own.patient}/notes/`, 'note'],
    [`/api/v1/shift/${own.shift}/comment/`, 'comment'],
    [`/api/v1/resource/${own.resource}/comment/`, 'comment']
  ] as const)
    for (const [what, text] of textsOf(field)) {
      const answer = await doctor.post(url, { [field]: text, thread: 10 })
      if (answer.status !== 201 || (answer.body as Record<string, unknown>)[field] !== text)
        t.fail(`${url} ${what}: ${answer.status}`)
      kept++
    }
  t.ok(kept > 200, `${kept} texts came back`)
  t.same([...refused], [], 'none is refused')
  t.match(await kernel.sql('select count(*)::int > 200 as there from facility_patientregistration'), [{ there: true }])
})

// docs/api/patients.md §1.5, §4.
const PHONES: Readonly<Record<string, boolean>> = {
  '+919876543210': true,
  '+916876543210': true,
  '+914842345678': true,
  '+9148423456': true,
  '+914842345': false,
  '+915876543210': true,
  '+911876543210': false,
  '+91987654321': true,
  '+9198765432100': false,
  '+14155552671': true,
  '+4915112345678': true,
  '+49151123456789': false,
  '+1234567': false,
  '9876543210': false,
  '+91 98765 43210': false,
  '+91-9876543210': false,
  '٩٨٧٦٥٤٣٢١٠': false,
  '+९१९८७६५४३२१०': false,
  '+919876543210\n': true,
  "+91' or 1=1 --": false,
  '': false
}
const AGES: readonly (readonly [object, boolean])[] = [
  [{ year_of_birth: 1900, date_of_birth: null }, true],
  [{ year_of_birth: 1899, date_of_birth: null }, false],
  [{ year_of_birth: 2025, date_of_birth: null }, false],
  [{ year_of_birth: -5, date_of_birth: null }, false],
  [{ year_of_birth: 1e10, date_of_birth: null }, false],
  [{ year_of_birth: 'old', date_of_birth: null }, false],
  [{ date_of_birth: '2024-06-12' }, true],
  [{ date_of_birth: '2024-06-13' }, false],
  [{ date_of_birth: '2023-02-29' }, false],
  [{ date_of_birth: '12/06/1990' }, false],
  [{ date_of_birth: 19900517 }, false]
]

t.test('telephone numbers and ages', async t => {
  const { near, root } = await twoDistricts(t)
  const by = near.people.doctor ?? root
  const url = `/api/v1/patient/${near.own.patient}/`
  const tried = async (sent: object, fits: boolean) => {
    const answer = await by.patch(url, sent)
    t.equal(answer.status, fits ? 200 : 400, `${JSON.stringify(sent)} ${fits ? '' : answer.text.slice(0, 120)}`)
    return answer.body as Record<string, unknown>
  }
  for (const [phone, fits] of Object.entries(PHONES)) {
    const body = await tried({ phone_number: phone }, fits)
    t.equal(Array.isArray(body.phone_number) ? undefined : body.phone_number, fits ? phone.trim() : undefined)
  }
  for (const [sent, fits] of AGES) await tried(sent, fits)
})

const textsOf = (field: string): [string, string][] => [
  ...(LONG_FIELDS.has(field) ? [['a million', LONG] as [string, string]] : []),
  ...Object.entries(TEXTS)
]
