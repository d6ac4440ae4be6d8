/** PostgreSQL: the connection pool, migrations, and the server of the local stack. */
@org.jspecify.annotations.NullMarked
package io.vigil.console.store;
