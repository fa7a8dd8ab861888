// postgres.js: everything prepared under names and pipelined, one Sync each; cursors over portals, simple(), unsafe(),
// sql.begin with savepoints, describe(), COPY streams.
import { pipeline as flow } from 'node:stream/promises'
import postgres from 'postgres'
import { attempt, connection, emit, emitError, firstBytes, longText, main, pause, range, secondBytes, sleeping, words }
  from './outcome.mjs'

const connect = (more) =>
  postgres({ ...connection, username: connection.user, ssl: false, max: 1, onnotice: () => {}, ...more })

const show = (result) =>
  result?.count === undefined
    ? { several: result }
    : { rows: [...result], count: result.count, command: result.command,
        columns: result.columns?.map((c) => [c.name, c.type]) }

const run = (step, query) => attempt(step, () => query, show)

async function crud() {
  const sql = connect()
  await run('insert', sql`INSERT INTO account ${sql({ name: 'ann', balance: '12.50', note: null })} RETURNING id`)
  await run('insert defaults', sql`INSERT INTO account (name) VALUES (${'bob'}) RETURNING *`.values())
  await run('insert without returning', sql`INSERT INTO account (name, balance, note) VALUES (${'cid'}, 7.25, 'x')`)
  await run('select', sql`SELECT * FROM account ORDER BY id`)
  await run('update', sql`UPDATE account SET balance = balance + ${'1.25'} WHERE id = ${1}`)
  await run('update none', sql`UPDATE account SET note = 'never' WHERE id = -1`)
  await run('update returning', sql`UPDATE account SET ${sql({ note: words })} WHERE name = 'cid' RETURNING note, doubled`)
  await run('delete', sql`DELETE FROM account WHERE id IN ${sql([2, 77])}`)
  await attempt('update in vain', () => sql.begin('isolation level serializable', async (inside) => {
    await run('inside', inside`UPDATE account SET note = 'never'`)
    throw new Error('changed my mind')
  }))
  await run('raw', sql`UPDATE account SET note = note WHERE id = ${1} RETURNING id, note`.raw())
  await run('select again', sql`SELECT id, name, balance, note FROM account ORDER BY id`)
  await sql.end()
}

async function prepared() {
  const sql = connect()
  for (const i of range(1, 8)) {
    await run(`insert ${i}`, sql`INSERT INTO prepared VALUES (${i}, ${`row ${i}`})`)
    await run(`update ${i}`, sql`UPDATE prepared SET v = v || '+' WHERE id = ${i} RETURNING v`)
  }
  await attempt('describe', () => sql`UPDATE prepared SET v = ${'x'} WHERE id = ${1} RETURNING id`.describe(),
    ({ types, columns }) => ({ types, columns: columns.map((c) => c.name) }))
  await run('deallocate', sql`DEALLOCATE ALL`)
  await run('what is gone', sql`UPDATE prepared SET v = v WHERE id = ${1}`)
  await run('update again', sql`UPDATE prepared SET v = v || '+' WHERE id = ${1} RETURNING v`)
  await sql.end()
  const unnamed = connect({ prepare: false })
  for (const i of range(1, 3)) await run(`unnamed ${i}`, unnamed`UPDATE prepared SET v = v WHERE id = ${i} RETURNING id`)
  await unnamed.end()
}

async function batch() {
  const sql = connect()
  const rows = range(1, 300).map((id) => ({ id, v: `entry ${id}` }))
  await run('one statement', sql`INSERT INTO entry ${sql(rows.slice(0, 200))}`)
  await attempt('pipelined in a transaction', () => sql.begin((inside) =>
    rows.slice(200).map((row) => inside`INSERT INTO entry ${inside(row)} RETURNING id`)), (results) => ({ results: results.map(show) }))
  const updates = await Promise.all(range(1, 100).map((id) => sql`UPDATE entry SET v = v || '!' WHERE id = ${id}`))
  emit('updates', { counts: updates.map((result) => result.count) })
  await run('delete', sql`DELETE FROM entry USING (VALUES ${sql(range(201, 250).map((id) => [id]))}) AS gone (id)
    WHERE entry.id = gone.id::int`)
  await attempt('simple', () => sql`DELETE FROM entry WHERE id > 250; SELECT count(*) FROM entry; UPDATE entry SET v = v
    WHERE id = 1 RETURNING id`.simple(), (results) => ({ results: results.map(show) }))
  await attempt('failing', () => sql.begin((inside) => [1001, 1, 1002].map((id) => inside`INSERT INTO entry VALUES (${id}, 'a')`)))
  await run('simple, one failing', sql`INSERT INTO entry VALUES (1001, 'a'); INSERT INTO entry VALUES (1, 'b')`.simple())
  await run('left', sql`SELECT count(*), max(id) FROM entry`)
  await sql.end()
}

const values = [true, -32768, 2147483647, '-9223372036854775808', 1.5, 0.1, '12345678901234567890.123456789', words,
  Buffer.from([0, 255, 16]), '2024-02-29', '2024-02-29 12:34:56.789012', '2024-02-29 12:34:56.789012+00', '1 day 02:03:04',
  'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', { a: [1, null] }, { b: 'c' }, [1, null, 3], ['x', 'y,"z"', '']]

async function types() {
  // Its own forms of dates have milliseconds only.
  const asText = (from) => ({ to: 25, from, serialize: (x) => x, parse: (x) => x })
  const sql = connect({ types: { date: asText([1082, 1114, 1184]) } })
  const places = values.map((_, i) => `$${i + 1}`).join(', ')
  await run('insert', sql.unsafe(`INSERT INTO typed VALUES (1, ${places}) RETURNING *`, values))
  await run('insert nulls', sql.unsafe(`INSERT INTO typed VALUES (2, ${places}) RETURNING *`, values.map(() => null)))
  await run('update', sql`UPDATE typed SET (f8, n, tz, iv, ia) = (f8, n, tz, iv, ia) RETURNING *`)
  await run('select', sql`SELECT * FROM typed ORDER BY id`)
  await sql.end()
}

async function cursor() {
  const sql = connect()
  await sql.begin(async (inside) => {
    const parts = []
    for await (const rows of inside`SELECT id, v FROM number WHERE id > ${0} ORDER BY id`.cursor(30)) parts.push([...rows])
    emit('parts', { parts })
    await run('update', inside`UPDATE number SET v = v + 1000 WHERE id <= ${5}`)
    const updated = []
    await inside`UPDATE number SET v = -v WHERE id BETWEEN 101 AND ${110} RETURNING id, v`.cursor(3, (rows) => {
      updated.push([...rows])
    })
    emit('update in parts', { updated })
  })
  await sql.begin(async (inside) => {
    await run('declare', inside`DECLARE locking CURSOR FOR SELECT id FROM number WHERE id > 199 FOR UPDATE`)
    await run('fetch', inside`FETCH locking`)
    await run('update where current', inside`UPDATE number SET v = ${0} WHERE CURRENT OF locking RETURNING id`)
  })
  const seen = []
  await sql`UPDATE number SET v = v WHERE id <= ${5} RETURNING id, v`.cursor(2, (rows) => {
    seen.push(...rows)
    return sql.CLOSE
  })
  emit('abandoned', { seen })
  await sql`SELECT id FROM number WHERE id <= 4 ORDER BY id`.forEach((row) => emit('row', row))
  await run('works on', sql`SELECT sum(v) FROM number`)
  await sql.end()
}

async function parts() {
  const sql = connect()
  const seen = []
  await sql`UPDATE part SET v = ${-1} * v WHERE id <= 10 RETURNING id, v`.cursor(3, (rows) => {
    seen.push([...rows])
  })
  emit('in parts', { seen })
  const first = []
  await sql`UPDATE part SET v = v - ${1} WHERE id BETWEEN 11 AND 19 RETURNING id, v`.cursor((row) => {
    first.push(row)
    return sql.CLOSE
  })
  emit('first row', { first })
  await sql.end()
}

async function savepoint() {
  const sql = connect()
  await sql.begin(async (outer) => {
    await run('outer', outer`INSERT INTO step VALUES (1, ${'outer'})`)
    await outer.savepoint('a', async (a) => {
      await run('kept', a`INSERT INTO step VALUES (2, ${'kept'})`)
      await attempt('b', () => a.savepoint(async (b) => {
        await run('lost', b`INSERT INTO step VALUES (3, ${'lost'})`)
        throw new Error('changed my mind')
      }))
      await run('kept twice', a`UPDATE step SET v = ${'kept twice'} WHERE id = 2`)
    })
    await attempt('duplicate', () => outer.savepoint((c) => c`INSERT INTO step VALUES (1, ${'again'})`))
    await run('after', outer`INSERT INTO step VALUES (4, ${'after'})`)
  })
  await run('select', sql`SELECT * FROM step ORDER BY id`)
  await sql.end()
}

async function upsert() {
  const sql = connect()
  for (const i of range(1, 5))
    await run(`home ${i}`, sql`INSERT INTO counter VALUES ('home', 1, ${'first'}) ON CONFLICT (name) DO UPDATE
      SET hits = counter.hits + 1, last = excluded.last RETURNING hits, xmax = 0 AS is_new`)
  await run('nothing', sql`INSERT INTO counter VALUES ('home', ${99}) ON CONFLICT DO NOTHING RETURNING hits`)
  const rows = ['home', 'away'].map((name) => ({ name, hits: 1, last: 'first' }))
  await run('two', sql`INSERT INTO counter ${sql(rows)} ON CONFLICT (name)
    DO UPDATE SET hits = counter.hits + 1, last = 'again' RETURNING name, hits`)
  await run('condition', sql`INSERT INTO counter VALUES ('away', ${5}) ON CONFLICT (name) DO UPDATE SET hits = 0 WHERE false`)
  await sql.end()
}

async function errors() {
  const sql = connect()
  await attempt('transaction', () => sql.begin(async (inside) => {
    await run('insert', inside`INSERT INTO strict VALUES (1, 'a', 1)`)
    await run('duplicate', inside`INSERT INTO strict VALUES (${1}, 'b', 2)`)
    await run('in a failed transaction', inside`SELECT 1`)
  }))
  await attempt('commit that fails', () => sql.begin((inside) => inside`INSERT INTO strict VALUES (${2}, 'b', 1), (3, 'c', 1)`))
  await attempt('commit of a failed transaction', () => sql.begin(async (inside) => {
    await run('insert once more', inside`INSERT INTO strict VALUES (5, 'e', 5)`)
    await run('division', inside`UPDATE strict SET rank = rank / ${0}`)
  }))
  await run('null', sql`INSERT INTO strict VALUES (4, ${null}, 4)`)
  await run('deferred, by itself', sql`INSERT INTO strict VALUES (${2}, 'b', 1), (3, 'c', 1) RETURNING id`)
  await run('syntax', sql`UPDATE strict SETT v = ${'x'}`)
  await run('no table', sql`UPDATE nowhere SET v = 'x'`)
  await run('several, the last failing', sql`INSERT INTO strict VALUES (6, 'f', 6); SELECT 1 / 0`.simple())
  await run('works on', sql`INSERT INTO strict VALUES (${4}, 'd', 4)`)
  await sql.end()
}

async function large() {
  const sql = connect()
  await run('insert', sql`INSERT INTO blob VALUES (1, ${firstBytes}, ${longText}) RETURNING y, t`)
  await run('update', sql`UPDATE blob SET y = ${secondBytes} WHERE t = ${longText}`)
  await run('select', sql`SELECT * FROM blob`)
  await sql.end()
}

async function cancel() {
  const sql = connect()
  const watcher = connect()
  async function cancelled(step, query) {
    const ended = run(step, query)
    while ((await watcher.unsafe(sleeping))[0].n === 0) await pause()
    await query.cancel()
    await ended
  }
  await cancelled('read', sql`SELECT pg_sleep(600)`)
  await run('works on', sql`SELECT 1 AS one`)
  await cancelled('write', sql`UPDATE job SET state = 'never' WHERE pg_sleep(${600}) IS NOT NULL`)
  await attempt('transaction', () => sql.begin(async (inside) => {
    await run('insert', inside`INSERT INTO job VALUES (${1}, 'never')`)
    await cancelled('in a transaction', inside`SELECT pg_sleep(600)`)
  }))
  await run('insert again', sql`INSERT INTO job VALUES (${2}, 'done')`)
  await Promise.all([sql.end(), watcher.end()])
}

async function reconnect() {
  const sql = connect()
  const reserved = await sql.reserve()
  await run('begin', reserved`BEGIN`)
  await run('insert', reserved`INSERT INTO visit VALUES (1, 'lost')`)
  await run('terminate', reserved`SELECT pg_terminate_backend(pg_backend_pid())`.simple())
  await run('select', sql`SELECT * FROM visit`) // connects again by itself
  await run('insert again', sql`INSERT INTO visit VALUES (${2}, 'back')`)
  await sql.end()
}

async function pipeline() {
  const sql = connect()
  const put = (id, v, on = sql) => on`INSERT INTO ahead VALUES (${id}, ${v}) RETURNING id`
  const several = async (step, queries) => {
    for (const result of await Promise.allSettled(queries))
      result.status === 'fulfilled' ? emit(step, show(result.value)) : emitError(step, result.reason)
  }
  await several('in a row', [put(1, 'one'), sql`UPDATE ahead SET v = v || '!'`, put(2, 'two'), sql`SELECT * FROM ahead ORDER BY id`])
  await several('one failing', [put(5, 'five'), put(1, 'duplicate'), put(6, 'six'), sql`UPDATE ahead SET v = v WHERE id = ${1}`])
  await attempt('transaction', () => sql.begin((on) => [put(3, 'never', on), put(1, 'duplicate', on), put(4, 'skipped', on)]))
  await sql.end()
}

async function copy() {
  const sql = connect()
  const put = async (lines) => flow(lines, await sql`COPY copied FROM STDIN`.writable())
  await attempt('in', () => put(range(1, 100).map((i) => `${i}\tcopied ${i}\t${i}.00\n`)))
  const chunks = []
  for await (const chunk of await sql`COPY copied TO STDOUT`.readable()) chunks.push(chunk)
  emit('out', { text: Buffer.concat(chunks).toString() })
  const stream = await sql`COPY copied FROM STDIN`.writable()
  const failed = new Promise((resolve) => stream.once('error', resolve)) // behind the end of the data it would not be told
  stream.write('one\tx\t1\n')
  emitError('bad row', await failed)
  await run('works on', sql`SELECT count(*) FROM copied`)
  await sql.end()
}

await main({ crud, prepared, batch, types, cursor, parts, savepoint, upsert, errors, large, cancel, reconnect, pipeline, copy })
