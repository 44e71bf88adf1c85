"""Delivery straight to mail servers: tables for what is pure, and real name servers, mail servers and policy hosts on 127.0.0.x."""
