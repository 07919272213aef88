import { createHash, createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { hash as bcrypt } from 'bcryptjs'
import t from 'tap'
import { COMMON_PASSWORDS } from '../../plugins/auth-permissions/password-policy.ts'
import * as jwks from '../../plugins/auth-permissions/jwks.ts'
import { passwordProblems, type Person } from '../../plugins/auth-permissions/password-policy.ts'
import * as passwords from '../../plugins/auth-permissions/password-hashes.ts'
import { makeTokens } from '../../plugins/auth-permissions/tokens.ts'

const { hashPassword, isUsable, needsRehash, verifyPassword } = passwords
const CHEAP = { memoryKiB: 64, passes: 1, lanes: 1 }
const NOW = 1_700_000_000
const USER = '11111111-1111-4111-8111-111111111111'
const SECRET = 'the-secret-of-these-tests'
const HS256 = { alg: 'HS256', typ: 'JWT' }

const WORD = 'Vector-Pass-42'
const ARGON2 = 'argon2$argon2id$v=19$m=102400,t=2,p=8$QWJDZEVmR2hJaktsTW5PcFFyU3RVdg$b4tT5LkA3rpoJaY/lZ0WaBtbD1gpA0QgrjcjmbetQ4I'
const ARGON2I = 'argon2$argon2i$v=19$m=512,t=2,p=2$Tjk2THBOVnZqbW9O$Q1PFLkEcY/3grHVSo7rWvw'
const PBKDF2 = 'pbkdf2_sha256$1000$seasalt$wxJanDV5DfY9tJWsAT9hSj04N3i6c4ExEfezH7cbpcY='
/** A true hash of a variety the contract does not name. */
const ARGON2D = 'argon2$argon2d$v=19$m=64,t=1,p=1$c2Vhc2FsdHNlYXNhbHQ$GJ15agoNMModiU7/YSH7wh7VZrDIwyU9ZCh5u9vtC74'
/** Made by the C library's crypt(3), not by bcryptjs. */
const BCRYPT = 'bcrypt_sha256$$2b$04$abcdefghijklmnopqrstuuoseXsfuSsphhS9rKsCE.rizdNtkDR4u'

const encode = (part: unknown) => Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')
const part = (token: string, at: number): unknown => JSON.parse(Buffer.from(token.split('.')[at] ?? '', 'base64url').toString())
/** Tokens made without the library under test. */
function hs256(header: unknown, payload: unknown, secret = SECRET, digest = 'sha256'): string {
  const text = `${encode(header)}.${encode(payload)}`
  return `${text}.${createHmac(digest, secret).update(text).digest('base64url')}`
}
function rs256(header: unknown, payload: unknown, key: KeyObject, digest = 'sha256'): string {
  const text = `${encode(header)}.${encode(payload)}`
  return `${text}.${sign(digest, Buffer.from(text), key).toString('base64url')}`
}

t.test('stored passwords that match', async t => {
  const cases: Record<string, readonly [plain: string, stored: string]> = {
    argon2id: [WORD, ARGON2],
    'pbkdf2_sha256, 870000': [WORD, 'pbkdf2_sha256$870000$AbCdEfGhIjKlMnOpQrStUv$Bpu4tlGCb8x+Brb+N6ILLWvnBtp7F2msyFae22jllrI='],
    'pbkdf2_sha256, 1000': [WORD, PBKDF2],
    pbkdf2_sha1: [WORD, 'pbkdf2_sha1$1000$seasalt$HhQOnDmxStpbpYtER7YJm43XUq8='],
    bcrypt_sha256: [WORD, BCRYPT],
    'argon2i with 16 bytes, a dummy user': ['Coronasafe@123', ARGON2I],
    'argon2id, a dummy user': [
      'Coronasafe@123',
      'argon2$argon2id$v=19$m=102400,t=2,p=8$WDE0YXVzR1dIV09zNWJZalF4QzdXSw$ZTpeDj5sbB3TKfu0DEJ5EkQnL3EmM2vGgvdx+Qt2sAw'
    ]
  }
  for (const [name, [plain, stored]] of Object.entries(cases)) {
    t.equal(await verifyPassword(plain, stored), true, name)
    t.equal(await verifyPassword(`${plain} `, stored), false, `${name}, another password`)
    t.equal(await verifyPassword('', stored), false, `${name}, no password`)
    t.equal(isUsable(stored), true, `${name} is usable`)
  }
  const long = 'x'.repeat(100)
  const crypted = `bcrypt_sha256$${await bcrypt(createHash('sha256').update(long).digest('hex'), 4)}`
  t.equal(await verifyPassword(long, crypted), true, 'bcrypt_sha256 beyond 72 bytes')
  t.equal(await verifyPassword(`${long}y`, crypted), false, 'bcrypt_sha256 cuts nothing off')
})

t.test('stored passwords that never match, never throw and cost nothing', async t => {
  // prettier-ignore
  const cases = [
    '', '$', '!', passwords.unusablePassword(), WORD, `plain$${WORD}`, 'md5$salt$hash', 'argon2', 'argon2$', 'argon2$$',
    'argon2$argon2id', ARGON2.slice(0, -30), `${ARGON2}$`, `${ARGON2}A`, ARGON2.replace('argon2$', 'Argon2$'),
    ARGON2.slice('argon2'.length), ARGON2.replace('m=102400', 'm='), ARGON2D,
    ARGON2.replace('argon2id', 'argon2i'), ARGON2.replace('m=102400', 'm=4294967295'), ARGON2.replace('t=2', 't=4294967295'),
    ARGON2.replace('v=19', 'v=99'), 'pbkdf2_sha256', 'pbkdf2_sha256$', 'pbkdf2_sha256$1000$seasalt',
    'pbkdf2_sha256$1000$seasalt$', `${PBKDF2}$more`, `${PBKDF2}!`, PBKDF2.slice(0, -1), PBKDF2.replace('1000', '0'),
    PBKDF2.replace('1000', '-1'), PBKDF2.replace('1000', '1e3'), PBKDF2.replace('1000', '999999999999'),
    PBKDF2.replace('sha256', 'sha1'), PBKDF2.replace('pbkdf2_sha256', 'pbkdf2_sha512'), 'bcrypt_sha256$',
    'bcrypt_sha256$$2b$04$', `${BCRYPT}x`, BCRYPT.replace('$04$', '$31$'), BCRYPT.replace('$2b$', '$2x$'),
    BCRYPT.replace('bcrypt_sha256', 'bcrypt')
  ]
  for (const stored of cases) t.equal(await verifyPassword(WORD, stored), false, stored || 'nothing')
  for (const stored of ['', '!', passwords.unusablePassword(), WORD, 'argon2', 'bcrypt$$2b$', `!${ARGON2}`])
    t.equal(isUsable(stored), false, `${stored} is unusable`)
  t.match(passwords.unusablePassword(), /^![a-zA-Z0-9]{40}$/)
})

t.test('hashes of our own', async t => {
  const stored = await hashPassword('pässword 🙂')
  t.match(stored, /^argon2\$argon2id\$v=19\$m=102400,t=2,p=8\$[A-Za-z0-9+/]{30}\$[A-Za-z0-9+/]{43}$/)
  const salt = Buffer.from(stored.split('$')[4] ?? '', 'base64').toString('latin1')
  t.match(salt, /^[a-zA-Z0-9]{22}$/, 'a salt of 22 alphanumerics as raw bytes')
  t.ok(stored.length <= 128, 'fits the column')
  t.equal(await verifyPassword('pässword 🙂', stored), true)
  const [one, two] = await Promise.all([hashPassword(WORD, CHEAP), hashPassword(WORD, CHEAP)])
  t.not(one, two, 'salted')
  t.match(one, /^argon2\$argon2id\$v=19\$m=64,t=1,p=1\$/)
  t.equal(await verifyPassword(WORD, one), true)
  t.equal(await passwords.dummyVerify(WORD, CHEAP), undefined)
  for (const stored of [ARGON2, one]) t.equal(needsRehash(stored, stored === one ? CHEAP : undefined), false)
  const near = [ARGON2.replace('argon2id', 'argon2i'), ARGON2.replace('v=19', 'v=16'), ARGON2.slice(0, -21)]
  for (const stored of [one, ARGON2I, PBKDF2, BCRYPT, ...near, '!x', ''])
    t.equal(needsRehash(stored), true, `${stored} is outdated`)
  const random = Array.from({ length: 200 }, passwords.randomPassword)
  t.ok(
    random.every(word => /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d.*\d)[a-zA-Z0-9]{8}$/.test(word)),
    'random passwords keep their rule'
  )
})

t.test('password policy', async t => {
  const nobody: Person = { username: '', first_name: '', last_name: '', email: '' }
  const short = 'This password is too short. It must contain at least 8 characters.'
  const common = 'This password is too common.'
  const numeric = 'This password is entirely numeric.'
  const like = (what: string) => `The password is too similar to the ${what}.`
  // prettier-ignore
  const cases: readonly (readonly [password: string, person: Partial<Person>, problems: readonly string[]])[] = [
    ['test@123', {}, []], ['Coronasafe@123', { username: 'devdoctor', email: 'dev@example.org' }, []],
    ['test@123', { username: 'test' }, []], ['', {}, [short]], ['Ab3$xyz', {}, [short]], ['Ab3$xyzq', {}, []],
    ['🙂🙂🙂🙂', {}, [short]], ['🙂🙂🙂🙂🙂🙂🙂🙂', {}, []], ['password123', {}, [common]], ['  PassWord123 ', {}, [common]],
    ['12345678', {}, [common, numeric]], ['84629173', {}, [numeric]], ['൧൨൩൪൫൬൭൮', {}, [numeric]], ['8462917a', {}, []],
    ['1234', {}, [short, common, numeric]], ['kq7!', { username: 'kq7!' }, [like('username'), short]],
    ['meenakshi1', { username: 'Meenakshi' }, [like('username')]],
    ['MEENAKSHI', { first_name: 'meenakshi' }, [like('first name')]],
    ['ihskaneem', { last_name: 'Meenakshi' }, [like('last name')]],
    ['meenakshi1', { email: 'meenakshi@example.org' }, [like('email address')]],
    ['example99', { email: 'meenakshi@example.org' }, [like('email address')]],
    ['meenakshi1', { username: 'meenakshi', first_name: 'Meenakshi', email: 'meenakshi@example.org' }, [like('username')]],
    // 2 × 7 / 20 is just alike, 2 × 7 / 21 is not.
    ['abcdefgxyz', { username: 'abcdefg123' }, [like('username')]], ['abcdefgxyzw', { username: 'abcdefg123' }, []],
    ['Müller99', { last_name: 'von Müller' }, [like('last name')]],
    ['ലക്ഷ്മിദേവി', { first_name: 'ലക്ഷ്മിദേവി' }, [like('first name')]],
    ['zq8!wvuk', { first_name: '-', last_name: '.', email: '@' }, []], ['aaaaaaaaab', { username: 'a' }, []]
  ]
  for (const [password, person, problems] of cases) {
    const found = passwordProblems(password, { ...nobody, ...person })
    t.strictSame(found, problems, `${JSON.stringify(password)} of ${JSON.stringify(person)}`)
  }
  t.ok(COMMON_PASSWORDS.size >= 300, 'a list of some length')
  t.ok(
    [...COMMON_PASSWORDS].every(word => word !== '' && word === word.toLowerCase()),
    'in lower case'
  )
})

t.test('tokens', async t => {
  const tokens = makeTokens({ secret: SECRET, accessMinutes: 10, refreshMinutes: 30 })
  const { access, refresh } = tokens.issue(USER, NOW)
  const jti = /^[0-9a-f]{32}$/
  const good = { token_type: 'access', exp: NOW + 60, iat: NOW, jti: 'a'.repeat(32), user_id: USER }
  const invalid = { ok: false, reason: 'invalid' }

  t.test('what is issued', async t => {
    t.equal(access.split('.')[0], encode(HS256), 'the header, to the byte')
    t.match(part(access, 1), { token_type: 'access', exp: NOW + 600, iat: NOW, jti, user_id: USER })
    t.match(part(refresh, 1), { token_type: 'refresh', exp: NOW + 1800, iat: NOW, jti, user_id: USER })
    t.strictSame(Object.keys(part(access, 1) as object), ['token_type', 'exp', 'iat', 'jti', 'user_id'])
    t.equal(access, hs256(HS256, part(access, 1)), 'signed as any other library would')
    t.match(tokens.verify(access, 'access', NOW), { ok: true, claims: { user_id: USER } })
    t.match(tokens.verify(hs256(HS256, good), 'access', NOW), { ok: true, claims: good }, "the original's tokens are taken")
  })

  t.test('rotation', async t => {
    const later = NOW + 300
    const next = tokens.refresh(refresh, later)
    if (!next.ok) return void t.fail(next.reason)
    t.match(part(next.pair.refresh, 1), { token_type: 'refresh', exp: later + 1800, iat: NOW, jti, user_id: USER })
    t.match(part(next.pair.access, 1), { token_type: 'access', exp: later + 600, iat: NOW, jti, user_id: USER })
    const ids = [access, refresh, next.pair.access, next.pair.refresh].map(token => (part(token, 1) as { jti: string }).jti)
    t.equal(new Set(ids).size, 4, 'every token has its own id')
    t.equal(tokens.refresh(refresh, later).ok, true, 'the old one stays valid')
    t.strictSame(tokens.refresh(refresh, NOW + 1800), invalid)
    t.strictSame(tokens.refresh(access, NOW), { ok: false, reason: 'wrong_type' })
    t.match(part(tokens.rotate(next.claims, later + 1).refresh, 1), { iat: NOW, exp: later + 1801 })
  })

  t.test('types', async t => {
    const patient = tokens.issueFor('patient_login', { phone_number: '+919999999999' }, 3600, NOW)
    t.match(part(patient, 1), { token_type: 'patient_login', exp: NOW + 3600, iat: NOW, jti, phone_number: '+919999999999' })
    t.match(tokens.verify(patient, 'patient_login', NOW), { ok: true, claims: { phone_number: '+919999999999' } })
    const untyped = hs256(HS256, { ...good, token_type: undefined })
    // prettier-ignore
    const mixed = [
      [refresh, 'access'], [access, 'refresh'], [patient, 'access'], [access, 'patient_login'], [untyped, 'access']
    ] as const
    for (const [token, type] of mixed) t.strictSame(tokens.verify(token, type, NOW), { ok: false, reason: 'wrong_type' })
    for (const user_id of [undefined, null, 5]) {
      t.strictSame(tokens.verify(hs256(HS256, { ...good, user_id }), 'access', NOW), { ok: false, reason: 'no_user' })
    }
    for (const token of [access, refresh, patient]) t.equal(tokens.verifyAny(token, NOW).ok, true)
    t.strictSame(tokens.verifyAny(patient, NOW + 3600), invalid)
  })

  t.test("time is the caller's, whatever is cached", async t => {
    for (const later of [0, 599, 600, 599, 601, 1e9]) {
      t.equal(tokens.verify(access, 'access', NOW + later).ok, later < 600, `at ${later} s`)
    }
    t.equal(tokens.verifyAny(hs256(HS256, { ...good, nbf: NOW + 1 }), NOW).ok, false, 'not yet')
    t.equal(tokens.verifyAny(hs256(HS256, { ...good, nbf: NOW }), NOW).ok, true)
  })

  t.test('attacks', async t => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const [head = '', body = '', signature = ''] = access.split('.')
    const other = encode({ ...good, user_id: '22222222-2222-4222-8222-222222222222' })
    // prettier-ignore
    const cases: Record<string, string> = {
      nothing: '', garbage: 'garbage', dots: '..', 'one part': head, 'two parts': `${head}.${body}`, 'four parts': `${access}.x`,
      spaces: ` ${access}`, padding: `${access}=`, 'no signature': `${head}.${body}.`,
      'another payload': `${head}.${other}.${signature}`,
      'a bent signature': `${head}.${body}.${signature.replace(/^./, first => (first === 'A' ? 'B' : 'A'))}`,
      'alg none': `${encode({ alg: 'none' })}.${body}.`, 'alg None, signed': hs256({ alg: 'None' }, good),
      'alg none, signed': hs256({ alg: 'none' }, good), 'no alg': hs256({ typ: 'JWT' }, good),
      RS256: rs256({ alg: 'RS256', typ: 'JWT' }, good, privateKey), 'RS256 with our secret': hs256({ alg: 'RS256' }, good),
      HS512: hs256({ alg: 'HS512' }, good, SECRET, 'sha512'), HS384: hs256({ alg: 'HS384' }, good, SECRET, 'sha384'),
      'wrong key': hs256(HS256, good, 'another'), 'no key': hs256(HS256, good, ''),
      'critical header': hs256({ ...HS256, crit: ['b64'], b64: false }, good),
      'no exp': hs256(HS256, { ...good, exp: undefined }), 'exp as text': hs256(HS256, { ...good, exp: String(NOW + 60) }),
      'exp null': hs256(HS256, { ...good, exp: null }), 'no jti': hs256(HS256, { ...good, jti: undefined }),
      'expired now': hs256(HS256, { ...good, exp: NOW }), 'payload is a list': hs256(HS256, [good]),
      'payload is text': hs256(HS256, 'text'), 'payload is null': hs256(HS256, null), 'header is null': hs256(null, good),
      nul: '\0.\0.\0', 'not ASCII': 'é.ü.ñ', huge: 'a.'.repeat(100_000)
    }
    for (const [name, token] of Object.entries(cases)) {
      for (const type of ['access', 'refresh']) t.strictSame(tokens.verify(token, type, NOW), invalid, `${name} as ${type}`)
      t.strictSame(tokens.verifyAny(token, NOW), invalid, `${name} as any`)
    }
  })
  t.throws(() => makeTokens({ secret: '', accessMinutes: 10, refreshMinutes: 30 }), 'an empty secret')
})

t.test('keys', async t => {
  const rfc7638 = [
    '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs',
    'tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5ha',
    'jrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw'
  ].join('')
  const set = await jwks.generateJwks()
  const [key = {}] = set.keys
  const [shown] = (await jwks.publicKeys(set)).keys
  const base64 = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64')

  const [example] = (await jwks.publicKeys({ keys: [{ kty: 'RSA', n: rfc7638, e: 'AQAB' }] })).keys
  t.equal(example?.kid, 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs', 'the example of RFC 7638')
  t.strictSame(Object.keys(shown ?? {}), ['n', 'e', 'kty', 'kid'], 'nothing private is shown')
  t.equal((await jwks.publicKeys({ keys: [{ ...key, kid: 'mine' }] })).keys[0]?.kid, 'mine')
  t.equal(Buffer.from(key.n ?? '', 'base64url').length, 256, '2048 bits')
  t.strictSame(jwks.readJwks(base64(set)), set)
  const reason = /^(it has no keys|it is not base64 of JSON|a key is not a private RSA key)$/
  const broken = [null, {}, { keys: [] }, { keys: [null] }, await jwks.publicKeys(set), { keys: [{ kty: 'EC', d: 'x' }] }]
  for (const text of ['', base64('{"keys":[{"d":"PRIVATE"'), ...broken.map(base64)]) {
    t.throws(() => jwks.readJwks(text), { message: reason }, `refuses ${text}, quoting nothing of it`)
  }

  const token = await jwks.signOutgoing(set, { asset_id: 'x' }, NOW)
  t.strictSame(part(token, 0), { alg: 'RS256', typ: 'JWT', kid: shown?.kid })
  t.strictSame(part(token, 1), { iat: NOW, exp: NOW + 60, asset_id: 'x' })
  t.match(part(await jwks.signOutgoing({ keys: [{ ...key, kid: 'mine' }] }, {}, NOW), 0), { kid: 'mine' })
  t.match(
    await jwks.verifyMiddlewareToken(token, await jwks.publicKeys(set), NOW),
    { asset_id: 'x' },
    'and back, with the public keys alone'
  )
  await t.rejects(jwks.signOutgoing({ keys: [] }, {}, NOW))
})

t.test('tokens of a middleware', async t => {
  const [one, two] = await Promise.all([jwks.generateJwks(), jwks.generateJwks()])
  const named = async (set: jwks.JwkSet, kid: string) => ({ kty: 'RSA', ...(await jwks.publicKeys(set)).keys[0], kid })
  const both: jwks.JwkSet = { keys: [await named(one, 'one'), await named(two, 'two')] }
  const imported = ({ keys: [key = {}] }: jwks.JwkSet): KeyObject => createPrivateKey({ key, format: 'jwk' })
  const [first, second] = [imported(one), imported(two)]
  const pem = createPublicKey(first).export({ type: 'spki', format: 'pem' }) as string
  const claims = { iat: NOW, exp: NOW + 60 }
  const RS256 = { alg: 'RS256', typ: 'JWT' }
  // prettier-ignore
  const cases: readonly (readonly [name: string, token: string, taken: boolean])[] = [
    ['the first key', rs256({ ...RS256, kid: 'one' }, claims, first), true],
    ['the second key', rs256({ ...RS256, kid: 'two' }, claims, second), true], ['no kid', rs256(RS256, claims, first), true],
    ['no kid, second key', rs256(RS256, claims, second), false],
    ['an unknown kid', rs256({ ...RS256, kid: 'x' }, claims, first), true],
    ['an unknown kid, second key', rs256({ ...RS256, kid: 'x' }, claims, second), false],
    ['the kid of another', rs256({ ...RS256, kid: 'two' }, claims, first), false],
    ['kid a number', rs256({ ...RS256, kid: 7 }, claims, first), true], ['no exp', rs256(RS256, { iat: NOW }, first), false],
    ['exp as text', rs256(RS256, { exp: String(NOW + 60) }, first), false],
    ['expired now', rs256(RS256, { exp: NOW }, first), false], ['expired', rs256(RS256, { exp: NOW - 1 }, first), false],
    ['a second left', rs256(RS256, { exp: NOW + 1 }, first), true],
    ['not yet', rs256(RS256, { ...claims, nbf: NOW + 5 }, first), false],
    ['an audience', rs256(RS256, { ...claims, aud: 'care' }, first), false],
    ['audiences', rs256(RS256, { ...claims, aud: ['care'] }, first), false],
    ['alg none', `${encode({ alg: 'none' })}.${encode(claims)}.`, false],
    ['HS256 with the public key', hs256(HS256, claims, pem), false],
    ['HS256 with the modulus', hs256(HS256, claims, one.keys[0]?.n), false],
    ['RS512', rs256({ alg: 'RS512' }, claims, first, 'sha512'), false],
    ['its own key in the header', rs256({ ...RS256, jwk: await named(two, 'two') }, claims, second), false],
    ['garbage', 'a.b.c', false], ['nothing', '', false]
  ]
  for (const [name, token, taken] of cases)
    t.equal((await jwks.verifyMiddlewareToken(token, both, NOW)) !== undefined, taken, name)
  const good = rs256(RS256, claims, first)
  for (const keys of [[], [null], [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }], [{ kty: 'RSA' }]]) {
    t.equal(
      await jwks.verifyMiddlewareToken(good, { keys } as unknown as jwks.JwkSet, NOW),
      undefined,
      `keys ${JSON.stringify(keys)}`
    )
  }
})
