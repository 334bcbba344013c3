// Holds a module of the cases to the bits that are kept: node check.mjs MODULE
import { readFileSync } from 'node:fs';

const kept = readFileSync(new URL('bits.txt', import.meta.url), 'utf8').trim().split('\n');
const module = new WebAssembly.Module(readFileSync(process.argv[2]));
const { count, bits } = new WebAssembly.Instance(module).exports;
if (count() !== kept.length) throw new Error(`${count()} cases and ${kept.length} lines of bits.txt`);
const other = kept.filter((line, at) => BigInt.asUintN(64, bits(at)) !== BigInt(`0x${line}`));
if (other.length > 0) {
  throw new Error(`other bits than on x86-64 in lines ${other.map((line) => kept.indexOf(line) + 1).join(', ')}`);
}
console.log(`${kept.length} cases with the bits of x86-64`);
