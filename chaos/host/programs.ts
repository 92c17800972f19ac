// programs — the surroundings in which programs of the machine are run: found wherever they are, and in a language we read.

/** Their folder is not on the path of each user. */
export function surroundings(): NodeJS.ProcessEnv {
  const path = [process.env.PATH, '/usr/sbin', '/sbin'].filter(Boolean).join(':');
  return { ...process.env, PATH: path, LC_ALL: 'C' };
}
