// tricks — what a hostile twin can do once it is taken for a twin, in words.

export const tricks = [
  'a state that is never read to its end',
  'hundreds of thousands of queries to go on with',
  'messages of 60 KB',
  'four hundred twins',
  'an election for other addresses',
  'sockets that are made to block',
  'sockets that are not what they are said to be',
] as const;
export type Trick = (typeof tricks)[number];
