/* One client: a transaction over one or two keys, imaged or marked, which may die at any moment. */
proctype client(byte s) {
  byte k, seq, first, my_life;
  bool imaged, two;
  atomic { /* first write */
    if :: first = 0 :: s == 1 -> first = 1 fi; /* the keys are alike */
    if :: imaged = true :: imaged = false fi;
    if :: two = true :: two = false fi;
    holder[first] == 0;
    holder[first] = s + 1;
    my_life = life;
    backend[s].state = running;
    backend[s].xid = next_xid;
    next_xid++;
    xid_committed[backend[s].xid] = false;
    fresh++;
    backend[s].wrote[first] = fresh;
    if :: !SEQ_AT_END && imaged -> append_record(s) :: else fi
  }
  if
  :: two ->
    atomic { /* second write; a deadlock ends in a rollback */
      if
      :: backend[s].state != running
      :: backend[s].state == running && holder[1 - first] == 0 ->
        holder[1 - first] = s + 1;
        fresh++;
        backend[s].wrote[1 - first] = fresh;
        if :: seq -> record[seq].wrote[1 - first] = fresh :: else fi
      :: backend[s].state == running && holder[1 - first] != 0 ->
        backend[s].state = rolled_back;
        unlock(s)
      fi
    }
  :: else
  fi;
  atomic { /* durable before commit */
    if :: RECORD_FIRST && backend[s].state == running -> prepare(s) :: else fi
  }
  if
  :: atomic { backend[s].state == running -> backend[s].state = committing } /* let through */
  :: atomic { backend[s].state == running -> backend[s].state = rolled_back; unlock(s) } /* refused, or died */
  :: atomic { backend[s].state == rolled_back -> skip }
  fi;
  if
  :: atomic { backend[s].state == done && life == my_life && RECORD_FIRST ->
      if :: seq -> decide(seq, committed) :: else fi }
  :: atomic { backend[s].state == rolled_back && life == my_life -> if :: seq -> decide(seq, aborted) :: else fi }
  :: backend[s].state != committing && life != my_life /* the connection broke: in doubt */
  :: true                                              /* died while it waited */
  :: !RECORD_FIRST && backend[s].state == done ->
    atomic { prepare(s); if :: seq -> decide(seq, committed) :: else fi }
  fi;
  atomic {
    session_ended[s] = true;
    imaged = false; two = false; first = 0; my_life = 0; seq = 0
  }
}
