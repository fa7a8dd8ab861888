// What the programs in JavaScript share: outcomes as lines of JSON on stdout, and the values they send.
import { createHash } from 'node:crypto'

export const connection = {
  host: process.env.PGHOST,
  port: Number(process.env.PGPORT),
  database: process.env.PGDATABASE,
  user: process.env.PGUSER,
}

export const words = 'é€😀'
export const firstBytes = Buffer.alloc(16 << 20, Buffer.from([0, 1, 2, 3]))
export const secondBytes = Buffer.alloc(32 << 20, Buffer.from([255, 254, 253, 252]))
export const longText = 'öx€'.repeat(1_000_000)
export const sleeping =
  "SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"

let scenario

// Types that JSON would lose are named.
function plain(value) {
  if (Buffer.isBuffer(value) || (typeof value === 'string' && value.length > 1000)) {
    if (value.length <= 1000) return `bytes ${value.toString('hex')}`
    return `${typeof value} of ${value.length}, md5 ${createHash('md5').update(value).digest('hex')}`
  }
  if (value instanceof Date) return `Date ${value.toISOString()}`
  if (typeof value === 'bigint') return `bigint ${value}`
  if (Array.isArray(value)) return value.map(plain)
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]))
  return value
}

export function emit(step, outcome) {
  process.stdout.write(JSON.stringify({ scenario, step, ...plain(outcome) }) + '\n')
}

const fields = ['severity', 'detail', 'hint', 'position', 'where', 'schema', 'schema_name', 'table', 'table_name', 'column',
  'column_name', 'constraint', 'constraint_name', 'file', 'line', 'routine']

export function emitError(step, error) {
  const found = Object.fromEntries(fields.filter((name) => error[name] !== undefined).map((name) => [name, error[name]]))
  emit(step, { error: error.name, sqlstate: error.code, text: error.message, ...found })
}

// Runs act() and prints what show() makes of its result, or the error.
export async function attempt(step, act, show = (result) => ({ result })) {
  try {
    emit(step, show(await act()))
  } catch (error) {
    emitError(step, error)
  }
}

export const pause = () => new Promise((resolve) => setTimeout(resolve, 10))

export const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i)

export async function main(scenarios) {
  for (scenario of process.argv.slice(2)) await scenarios[scenario]()
}
