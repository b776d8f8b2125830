// The demultiplexer that programs are built with. The only file that names an implementation; the
// build puts another name here for programs that ask for one, see scripts/build-guests.mjs.

export { forget, isReadinessKept, noteAgain, open, reserve, wait, watch } from "./poll-oneoff";
