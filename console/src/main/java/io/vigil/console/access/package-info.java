/** Who may do what: people, passwords, sessions, the access log. */
@org.jspecify.annotations.NullMarked
package io.vigil.console.access;
