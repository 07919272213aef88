import { setTimeout as wait } from 'node:timers/promises'
import type { Kind } from './swap-kinds.ts'

const PDF = Buffer.from(`%PDF-1.7 ${'an X-ray, as the camera wrote it. '.repeat(50)}`)
const PATIENCE_MS = 60_000

interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/** What comes of something that happens in the background; rejects when it does not come. */
export async function eventually<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  for (const until = Date.now() + PATIENCE_MS; ; await wait(100)) {
    const found = await look()
    if (found !== undefined) return found
    if (Date.now() > until) throw new Error(`${what} did not come`)
  }
}

/** Asks as one user, and insists on an answer. */
export interface Session {
  call(method: string, path: string, body?: object): Promise<Answer>
  /** The body of an answer that must be of this status. */
  done(expected: number, method: string, path: string, body?: object): Promise<Answer['body']>
}

export async function sessionOf(url: string, username: string): Promise<Session> {
  let token = ''
  const call: Session['call'] = async (method, path, body) => {
    const answer = await fetch(`${url}/api/v1/${path}`, {
      method,
      headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {})
    })
    const text = await answer.text()
    return { status: answer.status, body: (text ? JSON.parse(text) : {}) as Answer['body'] }
  }
  const done: Session['done'] = async (expected, method, path, body) => {
    const { status, body: answer } = await call(method, path, body)
    if (status !== expected) throw new Error(`${method} ${path} answered ${status}: ${JSON.stringify(answer)}`)
    return answer
  }
  token = String((await done(200, 'POST', 'auth/login/', { username, password: 'Care-Kernel-1' })).access)
  return { call, done }
}

export const idOf = ({ id }: Answer['body']) => String(id)

/** A patient as a front end registers one. */
export const patientAt = (facility: Answer['body'], phones: readonly [string, string]) => ({
  facility: facility.id,
  name: 'Asha Menon',
  gender: 2,
  blood_group: 'O+',
  is_antenatal: false,
  date_of_birth: '1990-05-17',
  phone_number: phones[0],
  emergency_phone_number: phones[1],
  address: '12 Palm Grove',
  permanent_address: '12 Palm Grove',
  pincode: 682001,
  nationality: 'India',
  state: facility.state,
  district: facility.district
})

/**
 * A day of a hospital, over HTTP alone: a doctor registers a patient, adds a file, admits the patient, asks for a shift, whose approval texts the
 * family, discharges the patient, and mails the summary. What somebody outside can tell of it, the same for every kind of deployment.
 */
export async function playDay(url: string, { texts, mails }: Pick<Kind, 'texts' | 'mails'>): Promise<Record<string, unknown>> {
  const { call, done } = await sessionOf(url, 'demo-doctor')
  const me = await done(200, 'GET', 'users/getcurrentuser/')
  const home = me.home_facility_object as { id: string }
  const facility = await done(200, 'GET', `facility/${home.id}/`)
  const others = (await done(200, 'GET', 'getallfacilities/?limit=50')).results as { id: string; name: string }[]
  const elsewhere = others.find(({ id }) => id !== home.id) ?? { id: '', name: '' }

  const patient = idOf(await done(201, 'POST', 'patient/', patientAt(facility, ['+919876543210', '+919876543211'])))
  const icd = (await done(200, 'GET', 'icd/?query=pneumonia')) as unknown as { id: number }[]
  const consultation = idOf(
    await done(201, 'POST', 'consultation/', {
      patient,
      suggestion: 'HI',
      route_to_facility: 10,
      category: 'Moderate',
      patient_no: 'OP-1',
      treating_physician: me.id,
      examination_details: 'crackles on the right',
      create_diagnoses: [{ diagnosis: icd[0]?.id, is_principal: true, verification_status: 'confirmed' }],
      create_symptoms: [{ symptom: 4, onset_date: '2024-05-28' }]
    })
  )

  const place = `file_type=CONSULTATION&associating_id=${consultation}`
  const slot = await done(201, 'POST', 'files/', {
    original_name: 'scan.pdf',
    name: 'X-ray',
    file_type: 'CONSULTATION',
    associating_id: consultation,
    mime_type: 'application/pdf'
  })
  const put = await fetch(String(slot.signed_url), { method: 'PUT', body: PDF, headers: { 'content-type': 'application/pdf' } })
  const wrong = await fetch(String(slot.signed_url).replace('.pdf', '.exe'), { method: 'PUT', body: PDF })
  await done(200, 'PATCH', `files/${idOf(slot)}/?${place}`, { upload_completed: true })
  const bytesAt = async (address: unknown) => Buffer.from(await (await fetch(String(address))).arrayBuffer())
  const scan = await bytesAt((await done(200, 'GET', `files/${idOf(slot)}/?${place}`)).read_signed_url)

  const shift = await done(201, 'POST', 'shift/', {
    patient,
    status: 'PENDING',
    origin_facility: home.id,
    shifting_approving_facility: elsewhere.id,
    assigned_facility: elsewhere.id,
    reason: 'a ventilator'
  })
  const approved = await done(200, 'PATCH', `shift/${idOf(shift)}/`, { status: 'DESTINATION APPROVED' })
  const texted = await eventually('the text messages', async () => {
    const all = await texts()
    return all.length >= 2 ? all : undefined
  })

  await done(200, 'POST', `consultation/${consultation}/discharge_patient/`, {
    new_discharge_reason: 1,
    discharge_date: new Date().toISOString(),
    discharge_notes: 'Rest.'
  })
  const refused = await call('POST', `consultation/${consultation}/generate_discharge_summary/`, {})
  const summary = await eventually('the summary', async () => {
    const { status, body } = await call('GET', `consultation/${consultation}/preview_discharge_summary/`)
    return status === 200 ? body : undefined
  })
  const pdf = await bytesAt(summary.read_signed_url)
  const mailed = await call('POST', `consultation/${consultation}/email_discharge_summary/`, { email: 'asha@example.org' })
  const [mail] = await eventually('the mail', async () => {
    const all = await mails()
    return all.length > 0 ? all : undefined
  })
  const [attachment] = mail?.attachments ?? []
  return {
    upload: put.status,
    uploadUnderAnotherName: wrong.ok,
    scanIsWhatWasUploaded: scan.equals(PDF),
    shift: [shift.status, approved.status],
    texts: texted
      .map(({ to, text }) => [to, text.replace(elsewhere.name, '…').replace(/contact \S+ for/, 'contact … for')])
      .sort(),
    generateAfterDischarge: [refused.status, refused.body],
    summary: [pdf.subarray(0, 5).toString(), String(summary.name).replace(/\d{4}-.*$/, '…'), summary.extension],
    email: [mailed.status, mailed.body],
    mail: [mail?.to, mail?.subject, mail?.html?.trim(), attachment?.contentType],
    attachmentIsTheSummary: Buffer.from(attachment?.content ?? []).equals(pdf)
  }
}
