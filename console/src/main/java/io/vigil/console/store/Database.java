package io.vigil.console.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.Function;
import org.flywaydb.core.Flyway;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.argument.Arguments;
import org.jdbi.v3.core.argument.NullArgument;
import org.jdbi.v3.core.statement.StatementExceptions;
import org.jspecify.annotations.Nullable;

/** The console's database: its schema brought up to date, a pool, and transactions. Thread-safe. */
public final class Database implements AutoCloseable {

  private static final int POOL = 16;
  private static final int TRIES = 8;
  private static final Duration CONNECT = Duration.ofSeconds(10);

  private final HikariDataSource pool;
  private final Jdbi jdbi;

  private Database(HikariDataSource pool) {
    this.pool = pool;
    this.jdbi =
        Jdbi.create(pool)
            .registerArrayType(String.class, "text")
            .registerArrayType(Long.class, "bigint");
    // A null has the type that the statement wants there.
    jdbi.getConfig(StatementExceptions.class)
        .setMessageRendering(StatementExceptions.MessageRendering.NONE);
    jdbi.getConfig(Arguments.class).setUntypedNullArgument(new NullArgument(Types.OTHER));
  }

  /**
   * Connects and migrates.
   *
   * @param url {@code jdbc:postgresql://host:port/name}
   * @throws RuntimeException when the database cannot be reached or has a newer schema
   */
  public static Database open(String url, String user, @Nullable String password) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(url);
    config.setUsername(user);
    if (password != null) {
      config.setPassword(password);
    }
    config.setPoolName("console");
    config.setMaximumPoolSize(POOL);
    config.setConnectionTimeout(CONNECT.toMillis());
    config.addDataSourceProperty("reWriteBatchedInserts", "true");
    config.addDataSourceProperty("ApplicationName", "vigil-console");
    config.addDataSourceProperty("socketTimeout", "60");
    config.addDataSourceProperty("tcpKeepAlive", "true");
    // What the server quotes of a row that it refuses would end up in the log.
    config.addDataSourceProperty("logServerErrorDetail", "false");
    config.setConnectionInitSql("set timezone to 'UTC'");
    HikariDataSource pool = new HikariDataSource(config);
    try {
      Flyway.configure()
          .dataSource(pool)
          .locations("classpath:io/vigil/console/migrations")
          .load()
          .migrate();
      return new Database(pool);
    } catch (RuntimeException e) {
      pool.close();
      throw e;
    }
  }

  /**
   * Runs work in a transaction (read committed; rows are locked where it matters). When the
   * database breaks a deadlock by refusing this side, the work is done again from its beginning, so
   * it must have no effect but on the database.
   */
  public <T> T inTransaction(Function<Handle, T> work) {
    for (int attempt = 1; ; attempt++) {
      try {
        return jdbi.inTransaction(work::apply);
      } catch (RuntimeException e) {
        if (attempt == TRIES || !isConflict(e)) {
          throw e;
        }
        pause(attempt);
      }
    }
  }

  /** As {@link #inTransaction}, for work without a result. */
  public void transact(Consumer<Handle> work) {
    var unused =
        inTransaction(
            handle -> {
              work.accept(handle);
              return true;
            });
  }

  /** Reads, each statement for itself. */
  public <T> T read(Function<Handle, T> work) {
    return jdbi.withHandle(work::apply);
  }

  /** Whether the database answers within seconds. */
  public boolean answers() {
    try (java.sql.Connection connection = pool.getConnection()) {
      return connection.isValid(5);
    } catch (SQLException e) {
      return false;
    }
  }

  /** Whether a cause is that no connection could be had. */
  public static boolean isUnreachable(Throwable e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof java.sql.SQLTransientConnectionException) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void close() {
    pool.close();
  }

  private static void pause(int attempt) {
    try {
      Thread.sleep(ThreadLocalRandom.current().nextLong(1, 10L << attempt));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /** Deadlock or serialization failure: nothing was done, and it may be tried again. */
  private static boolean isConflict(Throwable e) {
    return hasState(e, "40P01") || hasState(e, "40001");
  }

  /** Whether a cause is an SQL error of that state or class of states. */
  public static boolean hasState(Throwable e, String prefix) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException sql
          && sql.getSQLState() != null
          && sql.getSQLState().startsWith(prefix)) {
        return true;
      }
    }
    return false;
  }
}
