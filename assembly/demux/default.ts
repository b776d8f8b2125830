// The demultiplexer that programs are built with. The only file that names an implementation.

export { forget, open, reserve, wait, watch } from "./poll-oneoff";
