// node-postgres: unnamed and named statements, simple queries where there are no values, results in rows of arrays, binary
// results, cursors and query streams over portals with a row limit, pipeline mode, COPY streams.
import { pipeline as flow } from 'node:stream/promises'
import pg from 'pg'
import copyStreams from 'pg-copy-streams'
import Cursor from 'pg-cursor'
import QueryStream from 'pg-query-stream'
import { attempt, connection, emit, firstBytes, longText, main, pause, range, secondBytes, sleeping, words } from './outcome.mjs'

async function connect(more) {
  const client = new pg.Client({ ...connection, ...more })
  client.on('error', () => {}) // said again by the query that fails
  await client.connect()
  return client
}

const show = (result) =>
  Array.isArray(result)
    ? { several: result.map(show) }
    : { rows: result.rows, count: result.rowCount, command: result.command, oid: result.oid,
        columns: result.fields.map((f) => [f.name, f.dataTypeID, f.format]) }

const session = (client) => (step, text, values, more) =>
  attempt(step, () => client.query(more ? { text, values, ...more } : { text, values }), show)

async function crud() {
  const pool = new pg.Pool({ ...connection, max: 1 })
  const run = session(pool)
  const insert = 'INSERT INTO account (name, balance, note) VALUES ($1, $2, $3) RETURNING id'
  await run('insert', insert, ['ann', '12.50', null])
  await run('insert defaults', 'INSERT INTO account (name) VALUES ($1) RETURNING *', ['bob'], { rowMode: 'array' })
  await run('insert without returning', "INSERT INTO account (name, balance, note) VALUES ($1, 7.25, 'x')", ['cid'])
  await run('select', 'SELECT * FROM account ORDER BY id')
  const client = await pool.connect()
  const inside = session(client)
  await inside('begin', 'BEGIN')
  await inside('update', 'UPDATE account SET balance = balance + $1 WHERE id = $2', ['1.25', 1])
  await inside('update none', "UPDATE account SET note = 'never' WHERE id = -1")
  await inside('update returning', "UPDATE account SET note = $1 WHERE name = 'cid' RETURNING note, doubled", [words])
  await inside('delete', 'DELETE FROM account WHERE id = ANY($1)', [[2, 77]])
  await inside('commit', 'COMMIT')
  await inside('begin again', 'BEGIN')
  await inside('update in vain', "UPDATE account SET note = 'never'")
  await inside('rollback', 'ROLLBACK')
  client.release()
  await run('select again', 'SELECT id, name, balance, note FROM account ORDER BY id')
  await pool.end()
}

async function prepared() {
  const client = await connect()
  const run = session(client)
  for (const i of range(1, 8)) {
    await run(`insert ${i}`, 'INSERT INTO prepared VALUES ($1, $2)', [i, `row ${i}`], { name: 'put' })
    await run(`update ${i}`, "UPDATE prepared SET v = v || '+' WHERE id = $1 RETURNING v", [i], { name: 'more' })
  }
  await run('name taken', 'SELECT 1', [], { name: 'more' })
  await run('deallocate', 'DEALLOCATE more')
  await run('what is gone', "UPDATE prepared SET v = v || '+' WHERE id = $1 RETURNING v", [1], { name: 'more' })
  await run('another name', "UPDATE prepared SET v = v || '+' WHERE id = $1 RETURNING v", [1], { name: 'again' })
  await client.end()
}

async function batch() {
  const client = await connect()
  const run = session(client)
  await run('begin', 'BEGIN')
  await Promise.all(range(1, 200).map((i) => client.query('INSERT INTO entry VALUES ($1, $2)', [i, `entry ${i}`])))
  await run('unnest', "INSERT INTO entry SELECT i, 'entry ' || i FROM unnest($1::int[]) i RETURNING id", [range(201, 300)])
  await run('commit', 'COMMIT')
  const update = { name: 'update', text: "UPDATE entry SET v = v || '!' WHERE id = $1" }
  const results = await Promise.all(range(1, 100).map((i) => client.query({ ...update, values: [i] })))
  emit('update', { counts: results.map((result) => result.rowCount) })
  await run('several statements', 'DELETE FROM entry WHERE id BETWEEN 201 AND 250; SELECT count(*) FROM entry; ' +
    'DELETE FROM entry WHERE id > 250 RETURNING id')
  await run('several, one failing', "INSERT INTO entry VALUES (1001, 'a'); INSERT INTO entry VALUES (1, 'b'); SELECT 1")
  await run('left', 'SELECT count(*), max(id) FROM entry')
  await client.end()
}

const values = [true, -32768, 2147483647, '-9223372036854775808', 1.5, 0.1, '12345678901234567890.123456789', words,
  Buffer.from([0, 255, 16]), '2024-02-29', '2024-02-29 12:34:56.789012', '2024-02-29 12:34:56.789012+00', '1 day 02:03:04',
  'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', { a: [1, null] }, { b: 'c' }, [1, null, 3], ['x', 'y,"z"', '']]

async function types() {
  const client = await connect()
  const run = session(client)
  const places = values.map((_, i) => `$${i + 1}`).join(', ')
  await run('insert', `INSERT INTO typed VALUES (1, ${places}) RETURNING *`, values)
  await run('insert nulls', `INSERT INTO typed VALUES (2, ${places}) RETURNING *`, values.map(() => null))
  await run('update', 'UPDATE typed SET (f8, n, tz, iv, ia) = (f8, n, tz, iv, ia) RETURNING *')
  await run('binary', 'UPDATE typed SET i8 = i8 RETURNING id, b, i2, i4, i8, f4, f8, t, y', [], { binary: true })
  await run('select', 'SELECT * FROM typed ORDER BY id')
  await client.end()
}

async function cursor() {
  const client = await connect()
  const run = session(client)
  await run('begin', 'BEGIN')
  const portal = client.query(new Cursor('SELECT id, v FROM number WHERE id > $1 ORDER BY id', [0]))
  emit('read', { rows: await portal.read(10) })
  emit('read on', { rows: await portal.read(50) })
  await portal.close()
  await run('update', 'UPDATE number SET v = v + 1000 WHERE id <= $1', [5])
  const updating = client.query(new Cursor('UPDATE number SET v = -v WHERE id BETWEEN $1 AND $2 RETURNING id, v', [101, 110]))
  emit('update in parts', { first: await updating.read(3), second: await updating.read(4), rest: await updating.read(100) })
  await updating.close()
  const stream = client.query(new QueryStream('SELECT id, v FROM number ORDER BY id', [], { batchSize: 7 }))
  const rows = []
  for await (const row of stream) rows.push(row)
  emit('stream', { rows })
  await run('commit', 'COMMIT')
  await run('begin another', 'BEGIN')
  await run('declare', 'DECLARE locking CURSOR FOR SELECT id FROM number WHERE id > 199 FOR UPDATE')
  await run('fetch', 'FETCH locking')
  await run('update where current', 'UPDATE number SET v = $1 WHERE CURRENT OF locking RETURNING id', [0])
  await run('commit another', 'COMMIT')
  const abandoned = client.query(new Cursor('UPDATE number SET v = v WHERE id <= 5 RETURNING id, v', []))
  emit('abandoned', { rows: await abandoned.read(2) })
  await abandoned.close()
  await run('works on', 'SELECT sum(v) FROM number')
  await client.end()
}

async function parts() {
  const client = await connect()
  const run = session(client)
  await run('begin', 'BEGIN')
  const portal = client.query(new Cursor('UPDATE part SET v = $1 * v WHERE id <= 10 RETURNING id, v', [-1]))
  emit('in parts', { first: await portal.read(3), second: await portal.read(4), rest: await portal.read(50) })
  await portal.close()
  await run('commit', 'COMMIT')
  const abandoned = client.query(new Cursor('UPDATE part SET v = v - $1 WHERE id BETWEEN 11 AND 19 RETURNING id, v', [1]))
  emit('first row', { rows: await abandoned.read(1) })
  await abandoned.close()
  await client.end()
}

async function savepoint() {
  const client = await connect()
  const run = session(client)
  await run('begin', 'BEGIN')
  await run('outer', 'INSERT INTO step VALUES (1, $1)', ['outer'])
  await run('savepoint a', 'SAVEPOINT a')
  await run('kept', 'INSERT INTO step VALUES (2, $1)', ['kept'])
  await run('savepoint b', 'SAVEPOINT b')
  await run('lost', 'INSERT INTO step VALUES (3, $1)', ['lost'])
  await run('back to b', 'ROLLBACK TO SAVEPOINT b')
  await run('kept twice', 'UPDATE step SET v = $1 WHERE id = 2', ['kept twice'])
  await run('release a', 'RELEASE SAVEPOINT a')
  await run('savepoint c', 'SAVEPOINT c')
  await run('duplicate', 'INSERT INTO step VALUES (1, $1)', ['again'])
  await run('back to c', 'ROLLBACK TO c')
  await run('after', 'INSERT INTO step VALUES (4, $1)', ['after'])
  await run('commit', 'COMMIT')
  await client.end()
}

async function upsert() {
  const client = await connect()
  const run = session(client)
  const sql = 'INSERT INTO counter VALUES ($1, 1, $2) ON CONFLICT (name) DO UPDATE SET hits = counter.hits + 1, ' +
    'last = excluded.last RETURNING hits, xmax = 0 AS is_new'
  for (const i of range(1, 5)) await run(`home ${i}`, sql, ['home', 'first'], { name: 'hit' })
  await run('nothing', "INSERT INTO counter VALUES ('home', 99) ON CONFLICT DO NOTHING RETURNING hits")
  await run('two', "INSERT INTO counter VALUES ($1, 1, 'first'), ($2, 1, 'first') ON CONFLICT (name) " +
    "DO UPDATE SET hits = counter.hits + 1, last = 'again' RETURNING name, hits", ['home', 'away'])
  await run('condition', "INSERT INTO counter VALUES ('away', $1) ON CONFLICT (name) DO UPDATE SET hits = 0 WHERE false", [5])
  await client.end()
}

async function errors() {
  const client = await connect()
  const run = session(client)
  await run('begin', 'BEGIN')
  await run('insert', "INSERT INTO strict VALUES (1, 'a', 1)")
  await run('duplicate', "INSERT INTO strict VALUES ($1, 'b', 2)", [1])
  await run('in a failed transaction', 'SELECT 1')
  await run('rollback', 'ROLLBACK')
  await run('begin deferred', 'BEGIN')
  await run('deferred', "INSERT INTO strict VALUES ($1, 'b', 1), (3, 'c', 1)", [2])
  await run('commit that fails', 'COMMIT')
  await run('begin failing', 'BEGIN')
  await run('insert once more', "INSERT INTO strict VALUES (5, 'e', 5)")
  await run('division', 'UPDATE strict SET rank = rank / $1', [0])
  await run('commit of a failed transaction', 'COMMIT')
  await run('null', 'INSERT INTO strict VALUES (4, $1, 4)', [null])
  await run('deferred, by itself', "INSERT INTO strict VALUES ($1, 'b', 1), (3, 'c', 1) RETURNING id", [2])
  await run('syntax', 'UPDATE strict SETT v = $1', ['x'])
  await run('no table', "UPDATE nowhere SET v = 'x'")
  await run('several, the last failing', "INSERT INTO strict VALUES (6, 'f', 6); SELECT 1 / 0")
  const promises = [client.query("INSERT INTO strict VALUES ($1, 'd', 7)", [null]), client.query('SELECT $1::int AS n', [5])]
  for (const result of await Promise.allSettled(promises)) emit('queued behind an error', { status: result.status })
  await run('works on', "INSERT INTO strict VALUES ($1, 'd', 4)", [4])
  await client.end()
}

async function large() {
  const client = await connect()
  const run = session(client)
  await run('insert', 'INSERT INTO blob VALUES (1, $1, $2) RETURNING y, t', [firstBytes, longText])
  await run('update', 'UPDATE blob SET y = $1 WHERE t = $2', [secondBytes, longText])
  await run('select', 'SELECT * FROM blob')
  await run('select binary', 'SELECT * FROM blob WHERE id = $1', [1], { binary: true })
  await client.end()
}

async function cancel() {
  const client = await connect()
  const watcher = await connect()
  const run = session(client)
  async function cancelled(step, text) {
    const query = new pg.Query({ text })
    client.query(query)
    const ended = new Promise((resolve) => ['error', 'end'].map((name) => query.on(name, resolve)))
    while ((await watcher.query(sleeping)).rows[0].n === 0) await pause()
    // The server closes once its signals are sent: a late one would meet the next statement.
    const canceller = new pg.Client(connection)
    const closed = new Promise((resolve) => canceller.connection.once('end', resolve))
    canceller.cancel(client, query)
    await attempt(step, async () => {
      throw await ended
    })
    await closed
  }
  await cancelled('read', 'SELECT pg_sleep(600)')
  await run('works on', 'SELECT 1 AS one')
  await cancelled('write', "UPDATE job SET state = 'never' WHERE pg_sleep(600) IS NOT NULL")
  await run('begin', 'BEGIN')
  await run('insert', "INSERT INTO job VALUES ($1, 'never')", [1])
  await cancelled('in a transaction', 'SELECT pg_sleep(600)')
  await run('rollback', 'ROLLBACK')
  await run('insert again', "INSERT INTO job VALUES ($1, 'done')", [2])
  await Promise.all([client.end(), watcher.end()])
}

async function reconnect() {
  const first = await connect()
  const lost = session(first)
  await lost('begin', 'BEGIN')
  await lost('insert', "INSERT INTO visit VALUES (1, 'lost')")
  const ended = new Promise((resolve) => first.once('end', resolve))
  await lost('terminate', 'SELECT pg_terminate_backend(pg_backend_pid())')
  await ended
  await lost('on a closed connection', 'SELECT 1')
  const client = await connect()
  const run = session(client)
  await run('select', 'SELECT * FROM visit')
  await run('insert again', "INSERT INTO visit VALUES ($1, 'back')", [2])
  await client.end()
}

async function pipeline() {
  const client = await connect({ pipeline: true })
  const put = (id, v) => client.query('INSERT INTO ahead VALUES ($1, $2) RETURNING id', [id, v])
  const several = async (step, queries) => {
    for (const result of await Promise.allSettled(queries))
      await attempt(step, async () => {
        if (result.status === 'rejected') throw result.reason
        return result.value
      }, show)
  }
  await several('in a row', [put(1, 'one'), client.query("UPDATE ahead SET v = v || '!'"), put(2, 'two'),
    client.query({ name: 'all', text: 'SELECT * FROM ahead ORDER BY id' })])
  await several('one failing', [put(5, 'five'), put(1, 'duplicate'), put(6, 'six')])
  await several('transaction', [client.query('BEGIN'), put(3, 'never'), put(1, 'duplicate'), put(4, 'skipped'),
    client.query('COMMIT')])
  await client.end()
}

async function copy() {
  const client = await connect()
  const run = session(client)
  const lines = range(1, 100).map((i) => `${i}\tcopied ${i}\t${i}.00\n`)
  const put = async (data) => {
    const stream = client.query(copyStreams.from('COPY copied FROM STDIN'))
    await flow(data, stream)
    return stream.rowCount
  }
  await attempt('in', () => put(lines))
  const chunks = []
  await flow(client.query(copyStreams.to('COPY copied TO STDOUT')), async function (source) {
    for await (const chunk of source) chunks.push(chunk)
  })
  emit('out', { text: Buffer.concat(chunks).toString() })
  await attempt('bad row', () => put(['one\tx\t1\n']))
  await run('works on', 'SELECT count(*) FROM copied')
  await client.end()
}

await main({ crud, prepared, batch, types, cursor, parts, savepoint, upsert, errors, large, cancel, reconnect, pipeline, copy })
