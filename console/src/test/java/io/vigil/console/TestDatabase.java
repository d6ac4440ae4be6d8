package io.vigil.console;

import io.vigil.console.store.Database;
import io.vigil.console.store.LocalPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;

/** A real PostgreSQL, one server for all tests of a JVM, and a database for each that asks. */
public final class TestDatabase {

  private static final AtomicInteger COUNT = new AtomicInteger();
  private static LocalPostgres server;

  private TestDatabase() {}

  /** The address of a new, empty database. */
  public static synchronized String url() {
    try {
      if (server == null) {
        Path directory = Files.createTempDirectory("console-postgres");
        server = LocalPostgres.start(directory);
      }
      String name = "test" + COUNT.incrementAndGet();
      try (Connection connection = DriverManager.getConnection(server.url(), server.user(), "");
          Statement statement = connection.createStatement()) {
        statement.execute("create database " + name);
      }
      return server.url().replaceFirst("/postgres$", "/" + name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A new database with the console's schema. */
  public static Database open() {
    return Database.open(url(), "postgres", null);
  }
}
