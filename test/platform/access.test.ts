import { isDisjunction } from '../../platform/data/statement.ts'
import t from 'tap'
import { defineContract, definePlugin, ProblemsError, type Actor, type Plugin } from 'care-kernel'
import {
  anyCase,
  explainRowAccess,
  inContext,
  isPermissionDenied,
  overrideCases,
  PermissionDenied,
  pickCases,
  predicate,
  rowAccess,
  rowCondition,
  rowDisjunction,
  scopeCondition,
  type RowAccess
} from 'care-kernel/access'
import { facilitiesOf, RANK } from 'care-kernel/contracts/auth-permissions'
import { Disjunction, Params } from 'care-kernel/data'
import { planCare } from 'care-kernel/platform'
import { testKernel, type TestKernel } from 'care-kernel/testing'
import { access as collectedAccess } from '../../platform/access/permissions.ts'
import { renderPlan } from '../../platform/cli/plan-text.ts'

const actor = (more: Partial<Actor> = {}): Actor => ({
  id: 1,
  externalId: '',
  username: '',
  userType: RANK.doctor,
  superuser: false,
  verified: true,
  wardId: null,
  localBodyId: null,
  districtId: null,
  stateId: null,
  homeFacilityId: null,
  facilityIds: [],
  assetId: null,
  assetFacilityId: null,
  ...more
})

const superuser = predicate('superuser', ({ superuser: is }) => is)
const doctor = predicate('doctor', ({ userType }) => userType === RANK.doctor)
const letters = rowAccess({
  name: 'letter',
  summary: 'Letters an actor sees',
  cases: {
    all: { when: superuser, rows: 'all letters', sql: () => 'true' },
    'own facilities': {
      when: doctor,
      rows: "letters at the actor's facilities",
      sql: ({ facilityIds }, params, { alias }: { readonly alias: string }) =>
        new Disjunction(
          {
            where: `${alias}.at = any(${params.add(facilityIds)})`,
            each: { of: 'unnest($1) m(id)', where: `${alias}.at = m.id` }
          },
          { where: `${alias}.to = ${params.add(1)}` }
        )
    }
  }
})
const plugin = (name: string, rowAccesses: readonly RowAccess<never>[]): Plugin =>
  definePlugin({
    contract: defineContract({ name, version: 1 }),
    version: '1.0.0',
    kernel: '^1.0.0',
    summary: name,
    permissions: { rowAccess: rowAccesses }
  })

t.test('the first case that holds applies, and names itself in the statement', async t => {
  const access = inContext(letters, { alias: 'l' })
  t.equal(rowCondition(access, actor({ superuser: true }), new Params()), '/* row access letter: all */ true')
  const params = new Params(['before'])
  t.equal(
    rowCondition(access, actor({ facilityIds: [7] }), params),
    '/* row access letter: own facilities */ (l.at = any($2) or l.to = $3)'
  )
  t.same(params.values, ['before', [7], 1])
  t.equal(rowCondition(access, actor({ userType: 5 }), new Params()), '/* row access letter: no case */ false')
  t.equal(anyCase(access).test(actor({ userType: 5 }), undefined), false)
  t.equal(anyCase(access).test(actor(), undefined), true)

  const branches = rowDisjunction(access, actor(), new Params())
  t.ok(isDisjunction(branches), 'lists get its branches')
  t.same(
    (branches as Disjunction).branches.map(({ where, each }) => [where, each?.where]),
    [
      ['/* row access letter: own facilities */ l.at = any($1)', '/* row access letter: own facilities */ l.at = m.id'],
      ['/* row access letter: own facilities */ l.to = $2', undefined]
    ]
  )
  t.equal(
    rowCondition(access, actor({ facilityIds: [1, 2] }), new Params()),
    rowCondition(access, actor({ id: 9, facilityIds: [3] }), new Params()),
    'the text depends on the kind of actor, not on the actor'
  )
})

t.test('names are part of statements and of the order', async t => {
  const named = (name: string, of = 'all') =>
    rowAccess({ name, summary: '', cases: { [of]: { when: superuser, rows: '', sql: () => 'true' } } })
  for (const wrong of ['', 'Letter', 'letter */ true', '1', "letter's", 'letter\n']) {
    t.throws(() => named(wrong), /is not a name/)
    t.throws(() => named('letter', wrong), /is not a name/)
  }
})

t.test('cases are derived by name', async t => {
  const picked = rowAccess({ name: 'stamp', summary: '', cases: pickCases(letters, 'own facilities', 'all') })
  t.same(Object.keys(picked.cases), ['own facilities', 'all'], 'in the order in which they are picked')
  t.equal(
    rowCondition(inContext(picked, { alias: 's' }), actor({ superuser: true }), new Params()),
    '/* row access stamp: own facilities */ (s.at = any($1) or s.to = $2)'
  )
  const overridden = rowAccess({
    name: 'card',
    summary: '',
    cases: overrideCases(letters, { all: { rows: 'cards', sql: (_, __, { alias }) => `${alias}.card` } })
  })
  t.same(Object.keys(overridden.cases), Object.keys(letters.cases), 'the order stays')
  t.equal(overridden.cases.all.when, superuser, 'what is not replaced stays')
  t.equal(
    rowCondition(inContext(overridden, { alias: 'c' }), actor({ superuser: true }), new Params()),
    '/* row access card: all */ c.card'
  )
  t.throws(() => pickCases(letters, 'none' as 'all'), /row access "letter" has no case "none"/)
  t.throws(() => overrideCases(letters, { none: { rows: '' } } as object), /row access "letter" has no case "none"/)
})

t.test('an explanation says which case applies, and what every case gives', async t => {
  t.same(explainRowAccess(letters, actor()), {
    access: 'letter',
    summary: 'Letters an actor sees',
    applies: 'own facilities',
    cases: [
      { case: 'all', rows: 'all letters', holds: false, when: { name: 'superuser', holds: false } },
      { case: 'own facilities', rows: "letters at the actor's facilities", holds: true, when: { name: 'doctor', holds: true } }
    ]
  })
  const both = explainRowAccess(letters, actor({ superuser: true }))
  t.equal(both.applies, 'all')
  t.same(
    both.cases.map(({ holds }) => holds),
    [true, true]
  )
  t.equal(explainRowAccess(letters, actor({ userType: 5 })).applies, undefined)
})

t.test('plugins declare row access, the plan prints it, and every name has one owner', async t => {
  const raw = {
    file: `${process.cwd()}/test.yaml`,
    values: {
      environment: 'development',
      security: { secretKey: 'care-kernel-development-only' },
      plugins: { post: {}, mail: {} }
    }
  }
  const planned = (mail: Plugin) => planCare({ raw, plugins: { post: plugin('post', [letters]), mail } })
  const { plan } = await planned(plugin('mail', [rowAccess({ name: 'address', summary: '', cases: pickCases(letters, 'all') })]))
  t.match(
    renderPlan(plan),
    /\nrow access \(3\)\n +RESOURCE +OWNER +ORDER +CASE +WHEN +ROWS\n +address +mail +1 +all +superuser +all letters\n/
  )
  t.match(renderPlan(plan), / +letter +post +2 +own facilities +doctor +letters at the actor's facilities/)
  const problems = await planned(plugin('mail', [rowAccess({ ...letters, summary: 'Others' })])).catch((error: unknown) =>
    error instanceof ProblemsError ? error.problems : []
  )
  t.match(problems, [{ code: 'DUPLICATE_PERMISSION', owner: 'post', fact: 'row access letter is already declared by "mail"' }])
})

t.test('a denied permission is answered 403, also one of another copy of the package', async t => {
  const foreign = Object.assign(new Error('denied'), { [Symbol.for('care-kernel.permission-denied')]: true })
  const kernel = await testKernel(t, {
    plugins: [
      definePlugin({
        contract: defineContract({ name: 'guarded', version: 1 }),
        version: '1.0.0',
        kernel: '^1.0.0',
        summary: 'A route whose rule never holds',
        permissions: {
          rules: {
            'letter.open': {
              summary: 'Open letters',
              allow: predicate('all', () => true),
              object: predicate('none', () => false)
            }
          }
        },
        routes(app, { permissions }) {
          const config = { permission: 'public' }
          app.get('/own/', { config }, async () => permissions.check(actor(), 'letter.open', {}))
          app.get('/foreign/', { config }, async () => Promise.reject(foreign))
        }
      })
    ]
  })
  for (const url of ['/own/', '/foreign/']) {
    const { status, body } = await kernel.get(url)
    t.equal(status, 403)
    t.same(body, { detail: 'You do not have permission to perform this action.' })
  }
  t.ok(isPermissionDenied(new PermissionDenied('letter.open')))
  t.ok(isPermissionDenied(foreign))
  t.notOk(isPermissionDenied(new Error('denied')))
})

t.test('facilities an actor reaches, by the names plugins knew before', async t => {
  const params = new Params()
  t.equal(
    scopeCondition(facilitiesOf('f'), actor({ facilityIds: [3] }), params),
    '/* row access facility: own facilities */ f.id = any($1::bigint[])'
  )
  t.same(params.values, [[3]])
  t.equal(
    scopeCondition(facilitiesOf('f'), actor({ userType: RANK.districtAdmin }), new Params()),
    '/* row access facility: own district */ false',
    'a missing place is no place'
  )
})

interface Listed {
  readonly from: string
  readonly id: string
  /** What the case `own facilities` gives, written without regard to indexes. */
  readonly own: (user: number, facilities: string, home: number | null) => readonly string[]
}

const patientOf = (row: string, condition: string) =>
  `exists (select from facility_patientregistration p where p.id = ${row}.patient_id and ${condition})`
const requests = (columns: readonly string[], facilities: string) => columns.map(column => `r.${column}_id = any(${facilities})`)

/** Resources whose lists are read branch by branch. */
const LISTED: Readonly<Record<string, Listed>> = {
  patient: {
    from: 'facility_patientregistration p',
    id: 'p.id',
    own: (user, facilities) => [
      `p.facility_id = any(${facilities})`,
      `p.assigned_to_id = ${user}`,
      `exists (select from facility_patientconsultation c where c.id = p.last_consultation_id and c.assigned_to_id = ${user})`
    ]
  },
  consultation: {
    from: 'facility_patientconsultation c',
    id: 'c.id',
    own: (user, facilities, home) => [
      `c.facility_id = ${home}`,
      `c.assigned_to_id = ${user}`,
      patientOf('c', `p.is_active and p.facility_id = any(${facilities})`),
      patientOf('c', `p.assigned_to_id = ${user}`)
    ]
  },
  shift: {
    from: 'facility_shiftingrequest r',
    id: 'r.id',
    own: (user, facilities) => [
      ...requests(['origin_facility', 'shifting_approving_facility'], facilities),
      `r.assigned_facility_id = any(${facilities}) and r.status >= 20`,
      patientOf('r', `p.facility_id = any(${facilities})`)
    ]
  },
  resource: {
    from: 'facility_resourcerequest r',
    id: 'r.id',
    own: (user, facilities) => requests(['origin_facility', 'approving_facility', 'assigned_facility'], facilities)
  },
  sample: {
    from: 'facility_patientsample s',
    id: 's.id',
    own: (user, facilities) => [
      `s.testing_facility_id = any(${facilities})`,
      patientOf('s', `p.facility_id = any(${facilities})`)
    ]
  }
}

/** Numbers that look random and are the same in every run. */
function dice(seed: number) {
  let state = seed
  const next = () => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648
  return { pick: <T>(of: readonly T[]): T => of[Math.floor(next() * of.length)] as T, next }
}

t.test('branches give the rows of their disjunction, each once, whatever is null', { timeout: 200_000 }, async t => {
  const plugins = ['places', 'auth-permissions', 'facilities', 'patients', 'consultations', 'shifting', 'resources', 'samples']
  const kernel = await testKernel(t, { plugins: [...plugins, 'files', 'discharge-summary', 'summaries'] })
  await kernel.ports.database?.transaction(async tx => {
    for (const { name, plugin } of kernel.plugins) await plugin.demo?.(tx, kernel.scopes.get(name) ?? {})
  })
  const ids = async (table: string) =>
    (await kernel.sql<{ id: number }>(`select id from ${table} order by id`)).map(({ id }) => id)
  const [facilities, users, states, districts] = [
    await ids('facility_facility'),
    await ids('users_user'),
    await ids('users_state'),
    await ids('users_district')
  ]
  const { pick, next } = dice(20_240_612)
  const kinds = new Set<string>()
  let compared = 0
  for (let round = 0; round < 4; round++) {
    await shuffle(kernel, round / 10)
    for (let turn = 0; turn < 40; turn++) {
      const who = actor({
        id: pick(users),
        userType: pick([
          RANK.nurse,
          RANK.doctor,
          RANK.doctor,
          RANK.districtLabAdmin,
          RANK.districtAdmin,
          RANK.stateLabAdmin,
          RANK.stateAdmin
        ]),
        facilityIds: facilities.filter(() => next() < 0.3),
        homeFacilityId: pick([null, ...facilities]),
        districtId: pick([null, ...districts]),
        stateId: pick([null, ...states])
      })
      for (const [name, { from, id, own }] of Object.entries(LISTED)) {
        const declared = kernel.of(collectedAccess).rowAccess.get(name)?.declared as RowAccess<object> | undefined
        if (!declared) throw new Error(`there is no row access ${name}`)
        const access = inContext(declared, { alias: 'p', joined: joinedOf(kernel) })
        const params = new Params()
        const condition = rowDisjunction(access, who, params)
        if (!isDisjunction(condition)) continue
        const { applies } = explainRowAccess(access, who)
        kinds.add(`${name}: ${String(applies)}`)
        const what = `${name} of ${JSON.stringify(who)}`
        const rows = async (text: string) => (await kernel.sql<{ id: number }>(text, params.values)).map(({ id: of }) => of)
        const sorted = (of: readonly number[]) => of.toSorted((a, b) => a - b)
        const either = sorted(await rows(`select ${id} from ${from} where ${String(condition)}`))
        if (applies === 'own facilities') {
          const plain = own(who.id, `'{${who.facilityIds.join(',')}}'::bigint[]`, who.homeFacilityId)
          const text = `select ${id} from ${from} where ${plain.map(part => `coalesce(${part}, false)`).join(' or ')}`
          const expected = sorted((await kernel.sql<{ id: number }>(text)).map(({ id: of }) => of))
          if (JSON.stringify(expected) !== JSON.stringify(either)) t.same(either, expected, what)
        }
        const each = (form: 'where' | 'each') =>
          condition.branches
            .map(({ where, each: value }) =>
              form === 'each' && value
                ? `select ${id} from ${value.of}, ${from} where ${value.where}`
                : `select ${id} from ${from} where ${where}`
            )
            .join(' union all ')
        compared += either.length
        for (const form of ['where', 'each'] as const) {
          const found = sorted(await rows(each(form)))
          if (JSON.stringify(found) !== JSON.stringify(either)) t.same(found, either, `${form}: ${what}`)
        }
      }
    }
  }
  t.ok(compared > 500, `${compared} rows were compared`)
  t.same([...kinds].sort(), [
    'consultation: own facilities',
    'patient: own facilities',
    'resource: own facilities',
    'sample: own district',
    'sample: own facilities',
    'sample: own state',
    'shift: own facilities'
  ])
})

const joinedOf = (kernel: TestKernel) =>
  (kernel.scopes.get('patients') as { slots: { joined: Readonly<Record<string, string>> } }).slots.joined

/** Puts rows at other facilities and with other people, or with none in a share of them, whatever the foreign keys say. */
async function shuffle(kernel: TestKernel, missing: number): Promise<void> {
  const anyOf = (table: string) => `(select x.id from ${table} x where t.id is not null order by random() limit 1)`
  const [facility, user, consultation, patient] = [
    'facility_facility',
    'users_user',
    'facility_patientconsultation',
    'facility_patientregistration'
  ].map(anyOf) as [string, string, string, string]
  const optional = (value: string) => `case when random() >= ${missing + 0.1} then ${value} end`
  const columns: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    facility_facility: {
      district_id: optional('(select d.id from users_district d where t.id is not null order by random() limit 1)'),
      state_id: optional('(select d.id from users_state d where t.id is not null order by random() limit 1)')
    },
    facility_patientregistration: {
      facility_id: optional(facility),
      assigned_to_id: optional(user),
      last_consultation_id: optional(consultation),
      is_active: 'random() < 0.7'
    },
    facility_patientconsultation: { facility_id: facility, patient_id: patient, assigned_to_id: optional(user) },
    facility_shiftingrequest: {
      origin_facility_id: facility,
      shifting_approving_facility_id: optional(facility),
      assigned_facility_id: optional(facility),
      patient_id: patient,
      status: '(array[10, 15, 20, 30, 40])[1 + floor(random() * 5)::int]'
    },
    facility_resourcerequest: {
      origin_facility_id: facility,
      approving_facility_id: optional(facility),
      assigned_facility_id: optional(facility)
    },
    facility_patientsample: { patient_id: patient, consultation_id: consultation, testing_facility_id: optional(facility) }
  }
  await kernel.ports.database?.transaction(async tx => {
    await tx.query('set local session_replication_role = replica')
    await tx.query('select setseed($1)', [missing])
    for (const [table, changes] of Object.entries(columns))
      await tx.query(
        `update ${table} t set ${Object.entries(changes)
          .map(([column, value]) => `${column} = ${value}`)
          .join(', ')}`
      )
  })
}
