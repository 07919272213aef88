import type { Case } from './measure.ts'

/** So many consultations and shifts are written to at once: as in a hospital, one is hardly ever written to by two. */
const SPREAD = 16

const PASSWORD = 'Coronasafe@123'

const FACILITY = {
  name: 'Bench Hospital',
  facility_type: 'Private Hospital',
  address: '1 Bench Road',
  state: 1,
  district: 7,
  local_body: 20,
  phone_number: '+919876543210',
  features: []
}

const PATIENT = {
  name: 'Bench Patient {n}',
  gender: 1,
  blood_group: 'O+',
  year_of_birth: 1980,
  phone_number: '+9199{n}',
  emergency_phone_number: '+9197{n}',
  address: '1 Bench Street',
  permanent_address: '1 Bench Street',
  pincode: 682001,
  nationality: 'India',
  state: 1,
  district: 7,
  local_body: 20
}

const ROUND = {
  rounds_type: 'NORMAL',
  taken_at: '2024-06-02T08:00:00+05:30',
  patient_category: 'Stable',
  temperature: '98.6',
  pulse: 80,
  resp: 16,
  bp: { systolic: 120, diastolic: 80 }
}

interface Row {
  readonly id: string
  readonly last_consultation: { readonly id: string; readonly suggestion: string } | null
}

/** Asks a running server as one of its users. */
async function session(url: string) {
  const login = async (username: string) => {
    const answer = await fetch(`${url}/api/v1/auth/login/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username, password: PASSWORD })
    })
    return ((await answer.json()) as { access: string }).access
  }
  const [admin, doctor] = (await Promise.all(['devdistrictadmin', 'devdoctor'].map(login))) as [string, string]
  const get = async <T>(path: string, token = admin) =>
    (await (await fetch(`${url}/api/v1/${path}`, { headers: { authorization: `Bearer ${token}` } })).json()) as T
  const list = async (path: string) => {
    const { results } = await get<{ results: Row[] }>(path)
    if (results.length === 0) throw new Error(`${path} is empty`)
    return results as [Row, ...Row[]]
  }
  const read = (name: string, path: string): Case => ({ name, path: `/api/v1/${path}`, token: admin, reads: true })
  return { admin, doctor, get, list, read }
}

/** What a deployment of the first three plugins answers. Lists are as the district's administrator sees them. */
export async function firstCases(url: string): Promise<Case[]> {
  const { admin, list, read } = await session(url)
  const [facility] = await list('facility/?limit=1')
  return [
    { name: 'ping', path: '/ping/', token: '', reads: true },
    read('current user', 'users/getcurrentuser/'),
    read('facility list', 'facility/'),
    read('facility detail', `facility/${facility.id}/`),
    { name: 'facility create', method: 'POST', path: '/api/v1/facility/', body: FACILITY, token: admin },
    {
      name: 'login',
      method: 'POST',
      path: '/api/v1/auth/login/',
      body: { username: 'devdistrictadmin', password: PASSWORD },
      token: ''
    }
  ]
}

/** Everything that is measured, on a running server with a district in it. */
export async function casesOf(url: string): Promise<Case[]> {
  const { admin, doctor, get, list, read } = await session(url)
  const [patient, ...others] = await list('patient/?limit=60&ordering=-id&is_active=true')
  // Those in a bed take rounds only with the bed named: the district has no beds.
  const consultations = [patient, ...others]
    .flatMap(({ last_consultation: last }) => (last && last.suggestion !== 'A' ? [last.id] : []))
    .slice(0, SPREAD)
  const consultation = patient.last_consultation?.id
  // An odd number of them, so that each changes between both statuses.
  const shifts = (await list(`shift/?status=APPROVED&limit=${SPREAD - 1}`)).map(({ id }) => id)
  const { home_facility } = await get<{ home_facility: string }>('users/getcurrentuser/', doctor)
  return [
    ...(await firstCases(url)),
    { ...read('file list', `files/?file_type=PATIENT&associating_id=${patient.id}&limit=15`), plugin: 'files' },
    { ...read('notification list', 'notification/'), plugin: 'notifications' },
    read('patient list', 'patient/'),
    read('patient list, page 100', 'patient/?offset=1400'),
    read('patients by name', 'patient/?name=Anu%20Nair%2041'),
    read('patients by names', 'patient/?name=Nair%20{n}'),
    read('patients by phone', 'patient/?phone_number=%2B919800041000'),
    read('patients by phones', 'patient/?phone_number=%2B9198{n}'),
    read('patient detail', `patient/${patient.id}/`),
    {
      name: 'patient register',
      method: 'POST',
      path: '/api/v1/patient/',
      body: { ...PATIENT, facility: home_facility },
      token: doctor
    },
    read('consultation detail', `consultation/${consultation}/`),
    {
      name: 'daily round create',
      method: 'POST',
      path: `/api/v1/consultation/{${consultations.join('|')}}/daily_rounds/`,
      body: ROUND,
      token: admin
    },
    read('shift list', 'shift/'),
    read('shift board', 'shift/?status=APPROVED'),
    {
      name: 'shift status change',
      method: 'PATCH',
      path: `/api/v1/shift/{${shifts.join('|')}}/`,
      body: { status: '{APPROVED|ON HOLD}' },
      token: admin
    },
    {
      name: 'upload slot',
      method: 'POST',
      path: '/api/v1/files/',
      body: {
        file_type: 'PATIENT',
        file_category: 'XRAY',
        name: 'X-ray',
        associating_id: patient.id,
        original_name: 'x-ray.pdf',
        mime_type: 'application/pdf'
      },
      token: admin,
      plugin: 'files'
    }
  ]
}
