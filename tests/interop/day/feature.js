// What suites in JavaScript share: how a feature is tried and told of, and what it is tried with.
'use strict';
const assert = require('node:assert/strict');

const PATIENCE = 30_000;
let failed = false;

async function feature(name, work) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('took too long')), PATIENCE);
  });
  try {
    await Promise.race([work(), late]);
    console.log(`ok ${name}`);
  } catch (error) {
    failed = true;
    const causes = (error.errors ?? []).map((cause) => cause.message).join(' ');
    console.log(`FAIL ${name} ${`${error.message} ${causes}`.replace(/\s+/g, ' ').slice(0, 500)}`);
  } finally {
    clearTimeout(timer);
  }
}

// Ends the program, after all features.
function finish() {
  console.log('done');
  process.exit(failed ? 1 : 0);
}

async function until(holds, what) {
  const deadline = Date.now() + PATIENCE;
  while (!(await holds())) {
    assert(Date.now() < deadline, `${what} did not come`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

let seed = 7;
function blob(size) {
  const made = Buffer.alloc(size);
  for (let at = 0; at < size; at++) {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    made[at] = 97 + (seed >> 16) % 16;
  }
  return made;
}

module.exports = { blob, feature, finish, until, PATIENCE };
