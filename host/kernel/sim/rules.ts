// The rules of Linux that the simulated kernel keeps, by name. Each can be switched off, in tests
// alone: a table of probes runs on the real kernel and on this one, and has to notice each rule
// that is missing. A rule that no probe notices would be one that no one has checked.

/** Name -> what Linux does. */
export const RULES = {
  // How a connection ends.
  closeWithUnreadResets: 'a close with unread bytes is a reset for the peer',
  lingerZeroResets: 'a close with a linger of 0 is a reset',
  closedAnswersReset: 'data for a socket that was closed is answered with a reset',
  sendFindsOut: 'that a peer has closed is found out by sending: the first send succeeds',
  closedQueueIsReset: 'closing a listener resets whoever was not accepted',
  resetAfterEndIsPipe: 'a reset that comes after the peer’s end is PIPE, not CONNRESET',
  errorOnce: 'a pending error is told once',
  dataBeforeError: 'what came before an error is received before it',
  resetKeepsData: 'a reset leaves what was received to be read',
  sendTakesError: 'a send takes the pending error, and answers it in place of PIPE',
  endHidesError: 'after the peer’s end recv answers 0, whatever error is pending',
  halfCloseKeepsSending: 'a peer that has ended its side can still be sent to',
  endAfterData: 'the end comes after everything that was sent',
  closedHasNoPeer: 'a connection that is over has no peer’s name',
  shutdownNeedsPeer: 'shutdown of what is not connected answers NOTCONN',
  // Readiness.
  bothEndsHangUp: 'both directions over is a hang-up',
  closedIsHungUp: 'a socket that is not connected is hung up, also a fresh one',
  halfCloseIsNoHangup: 'a peer that has only ended its side is not hung up',
  endIsReadable: 'the end of a stream is readable',
  endIsReadHangup: 'the end of a stream is a READ_HANGUP',
  endIsWritable: 'a side that we have ended is writable',
  errorAlwaysTold: 'errors and hang-ups are told to everyone, whatever the interest',
  writableAtOneThird: 'a full socket is writable when a third of its buffer is free',
  roomToldOnce: 'room is told of only to those who were refused some',
  shutdownIsEvent: 'a local shutdown is an event for those who watch',
  // Buffers.
  sendBufferEnds: 'a send buffer has an end',
  windowEnds: 'no more is sent than the peer has room for',
  sendTakesPart: 'a send takes as much as there is room for',
  recvOfNothingAsks: 'a recv of 0 bytes answers AGAIN where there is no data',
  sendOfNothingTells: 'a send of 0 bytes tells the error of a reset',
  peekLeaves: 'a peek leaves the bytes where they are',
  // Connecting and accepting.
  queueHoldsOneMore: 'a listener queues one connection more than its backlog',
  fullQueueDropsSyn: 'a full queue leaves a client waiting, and refuses no one',
  firstQueuedFirst: 'connections are accepted in the order in which they came',
  onlyListenersAccept: 'accept of a socket that does not listen answers INVAL',
  noDescriptorBeforeQueue: 'accept without a free descriptor answers MFILE, queue or not',
  lowestHandleFirst: 'the lowest free number is taken first',
  portsAreKept: 'a port that is taken can’t be bound',
  connectedAtFirstQuestion: 'connect asked again answers 0 once before ISCONN',
  takenErrorAborts: 'connect asked again after a failure answers its error',
  freshSendIsPipe: 'a send on a fresh socket answers PIPE',
  freshIsNotConnected: 'a recv on a fresh socket answers NOTCONN',
  // Sets.
  arrivalOrder: 'a wait reports in the order of becoming ready',
  levelBeginsAsEdge: 'a level of READ on TCP is an edge until a reader leaves something',
  levelStays: 'a level is reported as long as it lasts',
  levelToTail: 'a level that was reported goes to the tail of the ready list',
  edgeOnce: 'an edge is reported once',
  oneShotDisarms: 'a one-shot is reported once until it is watched again',
  watchingAgainTells: 'watching again tells what is there',
  staleIsDropped: 'what is ready no longer when a wait looks is not reported',
  newestWatchFirst: 'of two watches of one socket the newer is told first',
  closeEndsWatching: 'a closed handle is not watched any more, also when the socket lives on',
  // Unix sockets.
  unixWritableAtThreeQuarters: 'a unix socket is writable when three quarters are free',
  unixRoomByPieces: 'a unix sender gets room back when all of a piece was read',
  unixReadEndReaches: 'a shutdown of READ stops the other end of a unix socket from sending',
  unixSendKeepsError: 'a send to a unix peer that has gone leaves the error to recv',
  unixFreshIsInvalid: 'a recv on a fresh unix socket answers INVAL',
  unixPathStays: 'a path outlives its listener',
  unixQueueEnds: 'connect to a unix listener with a full queue answers AGAIN',
  unixCloseWithUnreadResets: 'a close with unread bytes is an error for the unix peer',
  // Streams.
  pipeEndIsNoData: 'a pipe without a writer is hung up and not readable',
  pipeHasPages: 'a pipe holds sixteen pages',
  streamTakesAPage: 'a stream takes 4,096 bytes at a time',
  plainFilesAreReady: 'a file can’t be watched',
} as const;

export type RuleName = keyof typeof RULES;
export type Rules = Readonly<Record<RuleName, boolean>>;

export const RULE_NAMES = Object.keys(RULES) as RuleName[];

/** Every rule is kept. */
export const ALL_RULES: Rules = rulesWithout();

/** Every rule but `names`. For tests of the probes: no guest should be shown such a world. */
export function rulesWithout(...names: RuleName[]): Rules {
  const entries = RULE_NAMES.map((name) => [name, !names.includes(name)]);
  return Object.freeze(Object.fromEntries(entries) as Record<RuleName, boolean>);
}
