// Every program of the course, what its peers do, and what must hold: one table. It is played on the
// system's kernel and, with many seeds, in the twin.

import { SERVER_PLAYS } from './plays/servers.ts';
import { CLIENT_PLAYS } from './plays/clients.ts';
import { DEMO_PLAYS } from './plays/demos.ts';
import type { Play } from './support/stage.ts';

export const PLAYS: readonly Play[] = [...SERVER_PLAYS, ...CLIENT_PLAYS, ...DEMO_PLAYS];
