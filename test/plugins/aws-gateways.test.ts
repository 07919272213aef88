import { randomUUID } from 'node:crypto'
import t from 'tap'
import { Refusal } from 'care-kernel'
import { emailSuite, openGateway, readMail, smsSuite } from 'care-kernel/testing'
import { signatureProblem } from '../../platform/testing/sigv4.ts'
import emailSes from '../../plugins/email-ses/gateway.ts'
import smsSns from '../../plugins/sms-sns/gateway.ts'
import { Fault, startAwsService, type Answer } from './aws-service.ts'
import { startProxy } from './proxy.ts'

const KEY = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'right-secret', region: 'ap-south-1' }
const TO = '+919876543210'
const mail = { to: ['asha@example.org'], subject: 's', text: 't' }

/** A gateway in front of a fake service, with a network between them that can break. */
async function behind<P extends 'sms' | 'email'>(
  gateway: typeof smsSns,
  service: string,
  answer: Answer,
  settings: object,
  lines?: string[]
) {
  const fake = await startAwsService({ ...KEY, service }, answer)
  const proxy = await startProxy('127.0.0.1', fake.port)
  const given = { ...KEY, endpoint: `http://127.0.0.1:${proxy.port}`, timeoutSeconds: 2, ...settings }
  const opened = await openGateway<P>(gateway, given, lines ? { lines } : {})
  const cleanup = async () => {
    await opened.close()
    await proxy.stop()
    await fake.stop()
  }
  return { ...opened, proxy, outage: () => proxy.refuse(), cleanup }
}

/** SNS as far as text messages go; `fault` answers every publication with it. */
async function openSns(settings: object = {}, lines?: string[]) {
  const texts: { to: string; text: string; attributes: string }[] = []
  const state: { fault?: Fault; sandbox: boolean; denied: boolean } = { sandbox: false, denied: false }
  const answer: Answer = (action, form) => {
    if (state.denied && action !== 'Publish') return new Fault('AuthorizationError', `not authorized to perform: ${action}`, 403)
    if (action === 'GetSMSAttributes')
      return '<attributes><entry><key>MonthlySpendLimit</key><value>1</value></entry></attributes>'
    if (action === 'GetSMSSandboxAccountStatus') return `<IsInSandbox>${state.sandbox}</IsInSandbox>`
    if (action !== 'Publish') return new Fault('InvalidAction', action)
    if (state.fault) return state.fault
    const [to, text] = [form.get('PhoneNumber') ?? '', form.get('Message') ?? '']
    if (!/^\+[1-9]\d{9,14}$/.test(to) || text.length > 1600)
      return new Fault('InvalidParameter', `Invalid parameter: PhoneNumber Reason: ${to} is not valid to publish to`)
    const attributes = [...form].filter(([name]) => name.startsWith('MessageAttributes')).map(([, value]) => value)
    texts.push({ to, text, attributes: attributes.join(' ') })
    return `<MessageId>${randomUUID()}</MessageId>`
  }
  const opened = await behind<'sms'>(smsSns, 'sns', answer, settings, lines)
  return { ...opened, state, received: async () => texts, refused: '+910000' }
}

/** SES as far as raw mail goes: it puts an id of its own in the place of the Message-ID. */
async function openSes(settings: object = {}, lines?: string[]) {
  const mails: Buffer[] = []
  const destinations: string[] = []
  const state: { fault?: Fault; quota: number; verified: string; denied: boolean } = {
    quota: 50_000,
    verified: 'care.example',
    denied: false
  }
  const answer: Answer = (action, form) => {
    if (state.denied && action !== 'SendRawEmail') return new Fault('AccessDenied', `not authorized to perform: ${action}`, 403)
    if (action === 'GetSendQuota')
      return `<Max24HourSend>${state.quota}</Max24HourSend><MaxSendRate>14</MaxSendRate><SentLast24Hours>7</SentLast24Hours>`
    if (action === 'GetIdentityVerificationAttributes')
      return `<VerificationAttributes><entry><key>${state.verified}</key><value><VerificationStatus>Success</VerificationStatus></value></entry></VerificationAttributes>`
    if (action !== 'SendRawEmail') return new Fault('InvalidAction', action)
    if (state.fault) return state.fault
    const to = [...form].filter(([name]) => name.startsWith('Destinations.member')).map(([, value]) => value)
    if (to.some(address => address.startsWith('refused@')))
      return new Fault('MessageRejected', `Email address is not verified: ${to.join()}`)
    const id = `0109${randomUUID()}-000000`
    const raw = Buffer.from(form.get('RawMessage.Data') ?? '', 'base64').toString('latin1')
    mails.push(Buffer.from(raw.replace(/^Message-ID: .*$/im, `Message-ID: <${id}@ap-south-1.amazonses.com>`), 'latin1'))
    destinations.push(...to)
    return `<MessageId>${id}</MessageId>`
  }
  const opened = await behind<'email'>(emailSes, 'ses', answer, { from: 'Care <ops@care.example>', ...settings }, lines)
  return {
    ...opened,
    state,
    destinations,
    raw: mails,
    received: async () => mails.map(readMail),
    refused: 'refused@example.org'
  }
}

t.test('the verifier of signatures', async t => {
  // AWS's own example, `get-vanilla` of its test suite.
  const parties = {
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
    region: 'us-east-1',
    service: 'service'
  }
  const signed = (signature: string) =>
    `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=${signature}`
  const right = '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'
  const request = (over: object = {}, headers: object = {}) => ({
    method: 'GET',
    url: '/',
    headers: {
      host: 'example.amazonaws.com',
      'x-amz-date': '20150830T123600Z',
      authorization: signed(right),
      ...headers
    },
    body: new Uint8Array(),
    ...over
  })
  const at = new Date('2015-08-30T12:36:30Z')
  t.equal(signatureProblem(request(), parties, at), undefined)
  const wrong: [string, ReturnType<typeof request>, object, Date][] = [
    ['SignatureDoesNotMatch', request({ body: Buffer.from('x') }), {}, at],
    ['SignatureDoesNotMatch', request({ url: '/?a=b' }), {}, at],
    ['SignatureDoesNotMatch', request({ method: 'POST' }), {}, at],
    ['SignatureDoesNotMatch', request({}, { host: 'other.amazonaws.com' }), {}, at],
    ['SignatureDoesNotMatch', request({}, { authorization: signed('0'.repeat(64)) }), {}, at],
    ['SignatureDoesNotMatch', request({}, { 'x-amz-content-sha256': '0'.repeat(64) }), {}, at],
    ['SignatureDoesNotMatch', request(), { region: 'ap-south-1' }, at],
    ['SignatureDoesNotMatch', request(), { secretAccessKey: 'another' }, at],
    ['InvalidClientTokenId', request(), { accessKeyId: 'another' }, at],
    ['RequestExpired', request(), {}, new Date('2015-08-30T13:36:00Z')],
    ['RequestExpired', request({}, { 'x-amz-date': 'never' }), {}, at],
    ['IncompleteSignature', request({}, { authorization: 'Bearer x' }), {}, at],
    ['MissingAuthenticationToken', request({}, { authorization: undefined }), {}, at]
  ]
  for (const [problem, asked, over, now] of wrong)
    t.equal(signatureProblem(asked, { ...parties, ...over }, now), problem, problem)
})

t.test('sms-sns', async t => {
  smsSuite(t, openSns, { dropsRepeats: false })

  t.test('a refusal, an outage and a fault of ours are told apart, and nothing personal is told', async t => {
    const lines: string[] = []
    const { port, state, received, cleanup } = await openSns({ attributes: { 'AWS.SNS.SMS.SenderID': 'CARE' } }, lines)
    t.teardown(cleanup)
    const cases: [Fault, boolean][] = [
      [new Fault('InvalidParameter', `Invalid parameter: PhoneNumber Reason: ${TO} is not valid to publish to`), true],
      [new Fault('InvalidParameterValue', `The parameter value ${TO} is invalid`), true],
      [new Fault('OptedOut', `${TO} has opted out`), true],
      [new Fault('EndpointDisabled', `Endpoint of ${TO} is disabled`), true],
      [new Fault('Throttled', `Rate exceeded for ${TO}`, 429), false],
      [new Fault('Throttling', 'Rate exceeded', 400), false],
      [new Fault('InternalError', 'We are sorry', 500), false],
      [new Fault('ServiceUnavailable', 'later', 503), false],
      [new Fault('AuthorizationError', 'not authorized', 403), false],
      [new Fault('InvalidClientTokenId', 'The security token is invalid', 403), false]
    ]
    for (const [fault, isFinal] of cases) {
      state.fault = fault
      const from = performance.now()
      const error = await port.send({ to: TO, text: 'OTP is 45612' }).then(
        () => undefined,
        (thrown: unknown) => thrown as Error
      )
      t.equal(error instanceof Refusal, isFinal, fault.code)
      t.match(error?.message, new RegExp(fault.code))
      t.notMatch(String(error?.stack), /98765|45612/)
      t.ok(performance.now() - from < 1000, 'tried once')
    }
    delete state.fault
    const { id } = await port.send({ to: TO, text: 'OTP is 45612' })
    t.match(id, /^[0-9a-f-]{36}$/, "the provider's id")
    t.match(await received(), [{ to: TO, attributes: 'AWS.SNS.SMS.SenderID String CARE' }])
    t.notMatch(lines.join(''), /98765|45612/)
    t.match(lines.join(''), new RegExp(id))
  })

  t.test('a silent service is given up in time', async t => {
    const { port, proxy, received, cleanup } = await openSns({ timeoutSeconds: 1 })
    t.teardown(cleanup)
    const hear = await proxy.silence()
    const from = performance.now()
    await t.rejects(port.send({ to: TO, text: 'x' }), /no answer in time/)
    await t.rejects(port.check())
    t.ok(performance.now() - from < 4000, `${Math.round(performance.now() - from)} ms`)
    await hear()
    await port.send({ to: TO, text: 'after' })
    t.match(await received(), [{ text: 'after' }])
  })

  t.test('what the doctor finds', async t => {
    const fine = await openSns()
    t.teardown(fine.cleanup)
    const plain = { ok: false, fact: /unencrypted/ }
    t.match(await fine.findings(), [{ ok: true, fact: /ap-south-1 accepts/ }, plain, { ok: true, fact: /out of/ }])
    fine.state.sandbox = true
    t.match(await fine.findings(), [{ ok: true }, plain, { ok: false, fact: /sandbox/, remedy: /ask AWS/ }])
    fine.state.denied = true
    t.match(await fine.findings(), [{ ok: true }, plain, { ok: true, fact: /may not ask/ }], 'a key that may only publish')
    await fine.port.check()
    const wrong = await openSns({ secretAccessKey: 'wrong-secret' })
    t.teardown(wrong.cleanup)
    t.match(await wrong.findings(), [{ ok: false, fact: /signature/, remedy: /secretAccessKey/ }, plain])
    await t.rejects(wrong.port.send({ to: TO, text: 'x' }), /SignatureDoesNotMatch/)
    t.equal((await wrong.received()).length, 0)
  })
})

t.test('email-ses', async t => {
  emailSuite(t, openSes, { dropsRepeats: false, ownIds: true })

  t.test('a refusal, an outage and a fault of ours are told apart, and nothing personal is told', async t => {
    const lines: string[] = []
    const { port, state, destinations, raw, cleanup } = await openSes({ configurationSet: 'care' }, lines)
    t.teardown(cleanup)
    const cases: [Fault, boolean][] = [
      [new Fault('MessageRejected', 'Address asha@example.org is on the suppression list'), true],
      [new Fault('InvalidParameterValue', "Missing final '@domain' in asha"), true],
      [new Fault('Throttling', 'Maximum sending rate exceeded.'), false],
      [new Fault('Throttling', 'Daily message quota exceeded.'), false],
      [new Fault('AccountSendingPausedException', 'paused'), false],
      [new Fault('MailFromDomainNotVerifiedException', 'not verified'), false],
      [new Fault('ConfigurationSetDoesNotExist', 'care'), false],
      [new Fault('InternalFailure', 'We are sorry', 500), false],
      [new Fault('ServiceUnavailable', 'later', 503), false],
      [new Fault('AccessDenied', 'not authorized', 403), false]
    ]
    for (const [fault, isFinal] of cases) {
      state.fault = fault
      const error = await port.send(mail).then(
        () => undefined,
        (thrown: unknown) => thrown as Error
      )
      t.equal(error instanceof Refusal, isFinal, fault.code)
      t.match(error?.message, new RegExp(fault.code.replace(/Exception$/, '')))
      t.notMatch(String(error?.stack), /asha/)
    }
    delete state.fault
    const { id } = await port.send({ ...mail, key: 'k', subject: 'one\r\nBcc: mallory@example.org' })
    t.match(id, /^0109/, "the provider's id")
    t.same(destinations, ['asha@example.org'], 'no header adds a recipient')
    t.match(raw[0]?.toString(), /^X-Care-Key: [0-9a-f]{32}\r$/m, 'a repeat can be told')
    t.notMatch(lines.join(''), /asha/)
  })

  t.test('a silent service is given up in time', async t => {
    const { port, proxy, cleanup } = await openSes({ timeoutSeconds: 1 })
    t.teardown(cleanup)
    await proxy.silence()
    const from = performance.now()
    await t.rejects(port.send(mail), /no answer in time/)
    await t.rejects(port.check())
    t.ok(performance.now() - from < 4000, `${Math.round(performance.now() - from)} ms`)
  })

  t.test('what the doctor finds', async t => {
    const { state, port, findings, cleanup } = await openSes()
    t.teardown(cleanup)
    const plain = { ok: false, fact: /unencrypted/ }
    t.match(await findings(), [
      { ok: true, fact: /accepts/ },
      plain,
      { ok: true, fact: /7 of 50000/ },
      { ok: true, fact: /is verified/ }
    ])
    state.quota = 200
    state.verified = 'other.example'
    t.match(await findings(), [{ ok: true }, plain, { ok: false, fact: /sandbox/ }, { ok: false, remedy: /verify care.example/ }])
    state.denied = true
    t.match(await findings(), [{ ok: true }, plain, { ok: true, fact: /does not say more/ }])
    await port.check()
    const wrong = await openSes({ accessKeyId: 'AKIDOTHER' })
    t.teardown(wrong.cleanup)
    t.match(await wrong.findings(), [{ ok: false, remedy: /accessKeyId/ }, plain])
  })
})
