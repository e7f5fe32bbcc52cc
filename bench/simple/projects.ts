import { buildWheel } from '@sluice/testkit';

/** A wheel as a project releases it. */
export interface Wheel {
  readonly project: string;
  readonly version: string;
  readonly fileName: string;
  readonly bytes: Buffer;
}

/** The wheels of some projects, as many of each: `project-7` has the versions 1.0, 1.1, … */
export async function makeWheels({ projects, files }: { projects: number; files: number }): Promise<Wheel[]> {
  const wheels: Wheel[] = [];
  for (let number = 1; number <= projects; number++) {
    for (let minor = 0; minor < files; minor++) {
      const [name, version] = [`project-${number}`, `1.${minor}`];
      const fields = {
        Summary: `Number ${number} of ${projects}`,
        'Requires-Python': '>=3.9',
        'Requires-Dist': ['numpy>=1.26', `project-${(number % projects) + 1}<2; extra == "all"`],
        'Provides-Extra': 'all',
        'License-Expression': 'MIT',
      };
      const { fileName, bytes } = await buildWheel({ name, version, fields });
      wheels.push({ project: name, version, fileName, bytes });
    }
  }
  return wheels;
}
