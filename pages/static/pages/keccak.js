// keccak256 as Ethereum has it (the padding of 2011, not that of SHA-3). Small rather than fast: a vote needs two.

const MASK = (1n << 64n) - 1n;
const RATE = 136; // bytes taken in at a time
const [ROTATIONS, ROUNDS] = tables();

// Both tables follow from Keccak's definition: offsets along the walk of rho and pi, constants from its register.
function tables() {
  const offsets = Array(25).fill(0n);
  for (let [x, y, t] = [1, 0, 0]; t < 24; t++) {
    offsets[x + 5 * y] = BigInt((((t + 1) * (t + 2)) / 2) % 64);
    [x, y] = [y, (2 * x + 3 * y) % 5];
  }
  const constants = [];
  for (let [register, round] = [1, 0]; round < 24; round++) {
    let constant = 0n;
    for (let j = 0; j < 7; j++) {
      if (register & 1) constant |= 1n << BigInt(2 ** j - 1);
      register = register & 0x80 ? (register << 1) ^ 0x171 : register << 1;
    }
    constants.push(constant);
  }
  return [offsets, constants];
}

const rotate = (word, by) => ((word << by) | (word >> (64n - by))) & MASK;

function permute(lanes) {
  for (const constant of ROUNDS) {
    const columns = [0, 1, 2, 3, 4].map((x) => lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20]);
    for (let i = 0; i < 25; i++) lanes[i] ^= columns[(i + 4) % 5] ^ rotate(columns[(i + 1) % 5], 1n);
    const moved = Array(25);
    for (let y = 0; y < 5; y++) for (let x = 0; x < 5; x++) moved[y + 5 * ((2 * x + 3 * y) % 5)] = rotate(lanes[x + 5 * y], ROTATIONS[x + 5 * y]);
    for (let i = 0; i < 25; i++) {
      const row = i - (i % 5);
      lanes[i] = moved[i] ^ (~moved[row + ((i + 1) % 5)] & MASK & moved[row + ((i + 2) % 5)]);
    }
    lanes[0] ^= constant;
  }
}

// 32 bytes of any bytes.
export function keccak256(bytes) {
  const padded = new Uint8Array(bytes.length + RATE - (bytes.length % RATE));
  padded.set(bytes);
  padded[bytes.length] ^= 0x01;
  padded[padded.length - 1] ^= 0x80;
  const lanes = Array(25).fill(0n);
  const view = new DataView(padded.buffer);
  for (let block = 0; block < padded.length; block += RATE) {
    for (let i = 0; i < RATE / 8; i++) lanes[i] ^= view.getBigUint64(block + 8 * i, true);
    permute(lanes);
  }
  const out = new DataView(new ArrayBuffer(32));
  for (let i = 0; i < 4; i++) out.setBigUint64(8 * i, lanes[i], true);
  return new Uint8Array(out.buffer);
}
