/*
 * path - dotted paths into a value tree.
 *
 *   a.b        member b of member a
 *   a[]        every element; a value that is no array counts as an array of one, an absent one as empty
 *   a[2]       one element, from 0; of no array as for []
 *   a[k=v]     the element whose member k is the string v; of no array as for []
 *   ^a         (get only) member a of the enclosing row; ^^a one further out. See path_rows().
 *   ""         the value itself; [0] too, unless it is an array
 *
 * null counts as absent below [] only. Names may hold any character but . [ ] ^ ;
 * a name that has a dot is written in quotes: a."b.c".d; so is v if it has a ].
 * At most 32 steps and 500 bytes; a malformed path names nothing.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

/* New reference to what path names below root, NULL if it is absent. A path with [] gives an array (perhaps empty). */
json_t *path_get(const json_t *root, const char *path);

/*
 * Puts a new reference `value` (stolen, always) at path, making objects and
 * arrays on the way; "a[]" appends, "a[0]" extends by one at most, "a[k=v].b"
 * appends {k: v, b: value} if there is no such element.
 * ERR_INVALID, with nothing changed, if the path meets a value of another kind.
 */
int path_put(json_t *root, const char *path, json_t *value);

/* Removes what path names (no [] in it); fine if it is absent. */
void path_remove(json_t *root, const char *path);

/*
 * The rows of an answer: path "routeTableSet.item[].routeSet.item[]" gives one
 * row for each inner element; path_get on a row understands ^ because each row
 * is {"": element, "^": enclosing row}. The outermost row is the root. A path
 * that does not end in [] gives one row for the value, none if it is absent or
 * null. New array of rows.
 */
json_t *path_rows(const json_t *root, const char *path);
/* As path_get, on a row made by path_rows(). */
json_t *path_row_get(const json_t *row, const char *path);

/* True if path is well-formed; for the table lint. */
bool path_valid(const char *path);
