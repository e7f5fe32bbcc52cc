export { createTestDatabase, type TestDatabase } from './database.ts';
export { testPostgres } from './test-postgres.ts';
