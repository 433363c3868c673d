export function testProgramPath(): string;
